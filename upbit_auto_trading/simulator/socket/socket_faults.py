"""Faults that act on open sockets: closing, muting, slowing, shaping what they send."""

from collections.abc import Iterator, Mapping
from typing import Final

from upbit_auto_trading.simulator.fault.faults import ActiveFault, FaultBoard
from upbit_auto_trading.simulator.socket.frame_faults import FRAME_FAULTS, FrameShaper
from upbit_auto_trading.simulator.socket.link import PathQuality
from upbit_auto_trading.simulator.socket.ws_session import Session
from upbit_auto_trading.simulator.wire.ws_stream import Format

_CUT_CODE: Final = 1006


class SocketFaults:
    """Applies the board's faults to sessions, those open now and those that open later."""

    def __init__(
        self, board: FaultBoard, sessions: Mapping[int, Session], usual: PathQuality
    ) -> None:
        self._board = board
        self._sessions = sessions
        self._usual = usual
        self._shapers: dict[Session, FrameShaper] = {}
        board.on_set.append(self._set)
        board.on_clear.append(self._cleared)

    def opened(self, session: Session) -> None:
        """Let the faults in force act on a new session."""
        self._shapers[session] = FrameShaper(self._board, session)
        for fault in self._board.active:
            if _covers(fault, session):
                self._act(fault, session)

    def closed(self, session: Session) -> None:
        """Forget a session."""
        self._shapers.pop(session).close()

    def _set(self, fault: ActiveFault) -> None:
        for session in self._covered(fault):
            self._act(fault, session)

    def _cleared(self, fault: ActiveFault) -> None:
        for session in self._covered(fault):
            if fault.name in FRAME_FAULTS:
                self._shapers[session].fit()
            elif fault.name == "slow_path":
                session.outbox.link.quality = self._usual
            elif fault.name == "black_hole":
                # What fell into the hole is lost: the path's memory of the connection is gone.
                session.reset()

    def _act(self, fault: ActiveFault, session: Session) -> None:
        if fault.name in FRAME_FAULTS:
            self._shapers[session].fit()
        elif fault.name == "close":
            _end(session, int(fault.number("code")))
        elif fault.name == "flap":
            session.later(fault.number("every_s"), lambda: self._flap(session))
        elif fault.name == "outage" and fault.text("target") != "rest":
            session.reset()
        elif fault.name == "black_hole" and fault.text("target") != "rest":
            session.vanish()
        elif fault.name == "format_switch":
            session.format = Format(fault.text("format"))
        elif fault.name == "slow_path":
            session.outbox.link.quality = PathQuality(
                self._usual.latency_s + fault.number("ms") / 1000,
                fault.number("jitter_ms") / 1000,
                fault.number("bytes_per_s"),
            )

    def _flap(self, session: Session) -> None:
        fault = self._board.find("flap")
        if fault is not None and _covers(fault, session):
            _end(session, int(fault.number("code")))

    def _covered(self, fault: ActiveFault) -> Iterator[Session]:
        return (session for session in tuple(self._sessions.values()) if _covers(fault, session))


def _covers(fault: ActiveFault, session: Session) -> bool:
    return fault.covers({"endpoint": session.endpoint.value, "connection": session.number})


def _end(session: Session, code: int) -> None:
    if code == _CUT_CODE:
        session.cut()
    else:
        session.close(code)
