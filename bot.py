"""The whole agent as one list.

python bot.py                                 the embedded agent at http://localhost:7860
python bot.py --config config/NAME.yaml       another profile
python bot.py --config config/NAME.yaml --check   what would run, and what is missing
"""

from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.runner.types import RunnerArguments
from pipecat.transports.base_transport import BaseTransport
from pipecat.workers.runner import WorkerRunner

from judgement.company import Company
from processors.action_judgement import ActionJudgementProcessor
from processors.asked import AskedProcessor
from processors.connection import connect, follow, hang_up, is_telephone, working
from processors.context import talk_context
from processors.failover.stopgap import stopgap
from processors.guidance import GuidanceProcessor, ReadsAhead
from processors.heard import HeardProcessor
from processors.hold import Hold
from processors.hush import HushProcessor
from processors.in_step import InStepProcessor
from processors.lines import LinePlayer
from processors.memory import MemoryProcessor
from processors.moments import MomentProcessor
from processors.phone import KeysProcessor
from processors.recorder import SoundRecorder
from processors.rooms.joining import is_room
from processors.rooms.sound import RoomSound
from processors.rooms.visit import twice
from processors.sample import SamplePlayer
from processors.seats import Seat
from processors.services import build_llm, build_stt, build_tts
from processors.services.piper import PiperService
from processors.shared import Shared, shared_now
from processors.speculation import speculate
from processors.strategy import StrategyProcessor
from processors.talk import Talk
from processors.timeline import TimelineProcessor


def agent(transport: BaseTransport, talk: Talk, shared: Shared) -> PipelineWorker:
    """Sound in, sound out: read the list from top to bottom."""
    settings, role, listener = shared.settings, talk.role, talk.listener
    history = 2 * settings.reply.history_turns
    context, hear, speak = talk_context(settings, talk.keeper)
    sample = SamplePlayer()
    well = shared.breakers  # which services are, as far as this process knows
    model = build_llm(settings, well["llm"], server=shared.server)
    voice = build_tts(settings, well["tts"])
    guided, reads = settings.reply.follows_guidance, isinstance(model, ReadsAhead)
    strategy = StrategyProcessor(role, talk.doubt, speculate(model, voice), follows_guidance=guided)

    pipeline = Pipeline(
        [
            transport.input(),  # sound
            RoomSound(listener, talk.voice),  # of several people, one after the other
            sample,  # or a bundled talk in its place
            talk.door,  # a blocked user comes no further
            KeysProcessor(settings.phone),  # pressed on a telephone: a turn, or the operator
            HushProcessor(vad_analyzer=talk.vad),  # voice, and that it may have ended
            build_stt(settings, well["stt"]),  # transcript, also while the user is still speaking
            AskedProcessor(settings.phone.operator, by_phone=talk.by_phone),  # or a goodbye
            MomentProcessor(listener, talk.turn_model),  # a chance to act
            MemoryProcessor(talk.keeper, listener),  # with what we remember
            ActionJudgementProcessor(  # reply, silence, interrupt, ...
                shared.judge(role), shares_machine=shared.judges_here
            ),
            strategy,  # opens or closes the turn, cuts in, yields
            TimelineProcessor(talk.recorder, talk.keeper, log_words=settings.privacy.log_words),
            hear,  # the user's turn
            GuidanceProcessor(role, listener, context, history=history, reads_ahead=reads),
            model,
            *stopgap(settings),  # "One moment.", where a second service may have to take over
            voice,
            LinePlayer(  # openers and other prepared lines
                shared.lines, as_transport=not isinstance(voice, PiperService)
            ),
            InStepProcessor(talk.hold),  # words with the sound that they time
            transport.output(),
            HeardProcessor(listener),  # what it has asked, and what may come back as an echo
            SoundRecorder(talk.recorder),  # both sides, for the download
            speak,  # what was really heard
        ]
    )
    worker = working(pipeline, strategy, minutes=settings.limits.max_talk_minutes)
    follow(worker, transport, talk, sample, settings)
    return worker


async def bot(runner_args: RunnerArguments) -> None:
    """One talk, from the moment that somebody connects. Pipecat's runner calls this."""
    shared = shared_now()
    session = runner_args.session_id or ""
    seat = shared.seats.take(session)
    try:
        await twice(lambda: _talk(runner_args, shared, seat))
    finally:
        await hang_up(runner_args)
        shared.seats.free(session)


async def _talk(runner_args: RunnerArguments, shared: Shared, seat: Seat) -> None:
    hold = Hold()
    room = shared.settings.room
    transport = await connect(runner_args, hold, room.name)
    by_phone = is_telephone(transport)
    company = Company(room.name, *room.called) if is_room(runner_args) else None
    talk = await Talk.begin(
        shared, runner_args.body, hold, seat, by_phone=by_phone, company=company
    )
    try:
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(agent(transport, talk, shared))
        await runner.run()
        talk.check_connection()
    finally:
        await talk.end()


if __name__ == "__main__":
    from server.main import main

    main(bot)
