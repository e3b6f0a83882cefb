"""The demonstration behind `halo demo`; it needs Pillow (the extra ``demo``)."""
