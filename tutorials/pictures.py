"""Pictures for the lessons, drawn by matplotlib where it is installed (the extra ``docs``)."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

try:
    import matplotlib
except ModuleNotFoundError:
    matplotlib = None


def picture_of_cells(
    name: str,
    panels: Mapping[str, Any],
    legend: str | Sequence[str],
    axes: tuple[str, str] = ("x", "y"),
    rows: Sequence[str] = (),
) -> None:
    """Write a picture of arrays side by side, each number a coloured cell.

    Parameters
    ----------
    name
        Of the file, ``NAME.png`` in ``$HALO_PICTURES``, or else in ``build/pictures``.
    panels
        The arrays, of two dimensions and indexed [y, x], by their titles. A negative number
        leaves its cell white.
    legend
        What the numbers are, or what 0, 1, ... stand for.
    axes
        What x and y are.
    rows
        Names for the coordinates of y.
    """
    if matplotlib is None:
        print(f"the picture {name}.png is skipped: it needs matplotlib (pip install .[docs])")
        return
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    arrays = {title: np.ma.masked_less(np.asarray(a), 0) for title, a in panels.items()}
    figure = Figure((3.2 * len(arrays) + 0.8, 3.4), dpi=90, layout="constrained")
    places = figure.subplots(1, len(arrays), squeeze=False)[0]
    top = max(a.max() for a in arrays.values())
    for place, (title, array) in zip(places, arrays.items(), strict=True):
        image = place.imshow(
            array, "viridis", vmin=0, vmax=top, aspect="auto", interpolation="none"
        )
        place.set(title=title, xlabel=axes[0], ylabel=axes[1])
        place.xaxis.get_major_locator().set_params(integer=True)
        place.yaxis.get_major_locator().set_params(integer=True)
        if rows:
            place.set_yticks(range(len(rows)), rows if place is places[0] else [""] * len(rows))
    if isinstance(legend, str):
        figure.colorbar(image, ax=places, label=legend)
    else:
        colours = [Patch(color=image.cmap(image.norm(i))) for i in range(len(legend))]
        figure.legend(colours, legend, loc="outside lower center", ncols=len(legend))
    folder = Path(os.environ.get("HALO_PICTURES", "build/pictures"))
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.png")
    print(f"the picture {folder / name}.png")
