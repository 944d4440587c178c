"""Group commit: orders that several threads submit at the same time are booked together and committed once.

A commit waits for the disk, whatever it carries. So nobody commits alone while others wait: the first who finds
the writer free books for everybody in the queue, up to a batch, and hands each the answers. Answers are handed out
only after the commit that carries them.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tarazu.clearing.admission import Submission
from tarazu.clearing.booking import Outcome

BATCH = 1000  # orders in one transaction


@dataclass(slots=True, eq=False)
class _Turn:
    """Orders of one caller, waiting for the writer."""

    submissions: Sequence[Submission]
    outcomes: list[Outcome] = field(default_factory=list)
    error: BaseException | None = None
    done: bool = False
    called: threading.Event = field(default_factory=threading.Event)  # it is done, or it is to lead


class Turns:
    """The queue before the writer: one caller leads and books for all who wait; then the next of them leads.

    Who has an answer is woken at once and never waits for the writer again, and a caller that comes back at
    once does not overtake those who wait.

    Parameters
    ----------
    book
        Books a batch in one transaction and returns its answers in order.
    """

    def __init__(self, book: Callable[[Sequence[Submission]], list[Outcome]]) -> None:
        self._book = book
        self._queue: deque[_Turn] = deque()
        self._guard = threading.Lock()  # over the queue and who leads; never held while booking
        self._led = False

    def take(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """Wait until these are booked; raises what their transaction raised."""
        mine = _Turn(submissions)
        with self._guard:
            self._queue.append(mine)
            if not self._led:
                self._led = True
                mine.called.set()
        try:
            mine.called.wait()
        except BaseException:  # interrupted: nobody else may be left waiting for this one
            with self._guard:
                if mine in self._queue:
                    self._queue.remove(mine)
                    if mine.called.is_set():
                        self._pass_on()
            raise
        if not mine.done:
            self._serve()
        if mine.error is not None:
            raise mine.error
        return mine.outcomes

    def _serve(self) -> None:
        with self._guard:
            served = [self._queue.popleft()]
            size = len(served[0].submissions)
            while self._queue and size + len(self._queue[0].submissions) <= BATCH:
                served.append(self._queue.popleft())
                size += len(served[-1].submissions)
        try:
            outcomes = iter(self._book([each for turn in served for each in turn.submissions]))
            for turn in served:
                turn.outcomes = [next(outcomes) for _ in turn.submissions]
        except BaseException as error:
            for turn in served:
                turn.error = error
        finally:
            for turn in served:
                turn.done = True
                turn.called.set()
            with self._guard:
                self._pass_on()

    def _pass_on(self) -> None:
        """Let the first of those who wait lead, if anybody waits."""
        if self._queue:
            self._queue[0].called.set()
        else:
            self._led = False
