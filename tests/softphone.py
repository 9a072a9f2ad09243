"""An independent telephone, PJSIP's, as a process that is told what to do line by line.

python -m tests.softphone sip:repartee@127.0.0.1:5060 heard.wav

It calls, keeps all that it hears in heard.wav and writes a line for what happens:
`up`, `down`, `key 5`. It reads `play FILE`, `press 12#`, `hold`, `resume` and `bye`.
pjsua2 is GPL: it is a telephone to test with, and no part of what is tested.
"""

import os
import sys
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

import pjsua2 as pj


def say(event: str) -> None:
    print(event, flush=True)


class Phone(pj.Call):
    """One call; sound starts when the far end has answered."""

    def __init__(self, account: pj.Account, heard: str) -> None:
        super().__init__(account)
        self._recorder = pj.AudioMediaRecorder()
        self._recorder.createRecorder(heard)
        self._players: list[pj.AudioMediaPlayer] = []
        self._sound: pj.AudioMedia | None = None
        self.is_over = False

    def onCallState(self, prm: pj.OnCallStateParam) -> None:  # noqa: N802 - PJSIP's name
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self.is_over = True
            say(f"down {info.lastStatusCode}")

    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:  # noqa: N802
        info = self.getInfo()  # holds what is looked at below
        for number, media in enumerate(info.media):
            if media.type == pj.PJMEDIA_TYPE_AUDIO and media.status == pj.PJSUA_CALL_MEDIA_ACTIVE:
                first, self._sound = self._sound is None, self.getAudioMedia(number)
                self._sound.startTransmit(self._recorder)
                if first:
                    stream = self.getStreamInfo(number)
                    say(f"up {stream.codecName}")

    def onDtmfDigit(self, prm: pj.OnDtmfDigitParam) -> None:  # noqa: N802
        say(f"key {prm.digit}")

    def play(self, file: str) -> None:
        assert self._sound is not None
        player = pj.AudioMediaPlayer()
        player.createPlayer(file, pj.PJMEDIA_FILE_NO_LOOP)
        player.startTransmit(self._sound)
        self._players.append(player)

    def press(self, keys: str) -> None:
        self.dialDtmf(keys)

    def wait(self, _: str) -> None:
        self.setHold(pj.CallOpParam())

    def go_on(self, _: str) -> None:
        parameters = pj.CallOpParam()
        parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
        self.reinvite(parameters)

    def close(self) -> None:
        """Finish the file of what was heard."""
        del self._recorder

    def bye(self, _: str) -> None:
        self.hangup(pj.CallOpParam())


def main(to: str, heard: str) -> None:
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    settings = pj.EpConfig()
    settings.uaConfig.threadCnt = 0
    settings.uaConfig.mainThreadOnly = True
    settings.logConfig.level = settings.logConfig.consoleLevel = 1
    settings.medConfig.noVad = True
    endpoint.libInit(settings)
    way = pj.TransportConfig()
    way.boundAddress = "127.0.0.1"
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, way)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    account = pj.Account()
    about = pj.AccountConfig()
    about.idUri = "sip:1001@127.0.0.1"
    account.create(about)

    phone = Phone(account, heard)
    phone.makeCall(to, pj.CallOpParam(True))
    does: dict[str, Callable[[str], None]] = {
        "play": phone.play,
        "press": phone.press,
        "hold": phone.wait,
        "resume": phone.go_on,
        "bye": phone.bye,
    }
    orders: SimpleQueue[str] = SimpleQueue()
    threading.Thread(target=lambda: [*map(orders.put, sys.stdin)], daemon=True).start()
    while not phone.is_over:
        endpoint.libHandleEvents(10)
        try:
            name, _, rest = orders.get_nowait().strip().partition(" ")
        except Empty:
            continue
        does[name](rest)
    phone.close()
    os._exit(0)  # PJSIP's own end fails on a call that is over


if __name__ == "__main__":
    main(*sys.argv[1:])
