"""How errors are looked at: class, what, where, how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from halo import HaloError

Refused = Callable[..., AbstractContextManager[None]]


@pytest.fixture
def refused(request: pytest.FixtureRequest) -> Refused:
    """Expect an error of exactly this class, whose message holds all of these texts.

    With `here` it has to begin with a line of the test's own file.
    """
    file = Path(str(request.node.path)).name

    @contextmanager
    def expect(kind: type[HaloError], *texts: str, here: bool = True) -> Iterator[None]:
        with pytest.raises(HaloError) as caught:
            yield
        error = caught.value
        assert type(error) is kind
        message = str(error)
        assert [text for text in texts if text not in message] == [], message
        if here:
            assert message.startswith(f"{file}:"), message

    return expect
