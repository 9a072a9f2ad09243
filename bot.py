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

from processors.action_judgement import ActionJudgementProcessor
from processors.connection import connect, follow, hang_up, working
from processors.context import talk_context
from processors.guidance import GuidanceProcessor
from processors.hold import Hold
from processors.hush import HushProcessor
from processors.lines import LinePlayer
from processors.memory import MemoryProcessor
from processors.moments import MomentProcessor
from processors.recorder import SoundRecorder
from processors.sample import SamplePlayer
from processors.services import build_llm, build_stt, build_tts
from processors.shared import Shared, shared_now
from processors.speculation import speculate
from processors.strategy import StrategyProcessor
from processors.talk import Talk
from processors.timeline import TimelineProcessor


def agent(transport: BaseTransport, talk: Talk, shared: Shared) -> PipelineWorker:
    """Sound in, sound out: read the list from top to bottom."""
    settings, role, listener = shared.settings, talk.role, talk.listener
    context, hear, speak = talk_context(settings, talk.keeper)
    sample = SamplePlayer()
    model = build_llm(settings, server_url=shared.server and shared.server.url)
    voice = build_tts(settings)
    guided = settings.reply.follows_guidance
    strategy = StrategyProcessor(role, talk.doubt, speculate(model, voice), follows_guidance=guided)

    pipeline = Pipeline(
        [
            transport.input(),  # sound
            sample,  # or a bundled talk in its place
            talk.door,  # a blocked user comes no further
            HushProcessor(vad_analyzer=talk.vad),  # voice, and that it may have ended
            build_stt(settings),  # transcript, also while the user is still speaking
            MomentProcessor(listener, talk.turn_model),  # a chance to act
            MemoryProcessor(talk.keeper, listener),  # with what we remember
            ActionJudgementProcessor(shared.judge(role)),  # reply, silence, interrupt, ...
            strategy,  # opens or closes the turn, cuts in, yields
            TimelineProcessor(talk.recorder, talk.keeper, log_words=settings.privacy.log_words),
            hear,  # the user's turn
            GuidanceProcessor(role, listener, context, history=2 * settings.reply.history_turns),
            model,
            voice,
            LinePlayer(shared.lines),  # openers and other prepared lines
            transport.output(),
            SoundRecorder(talk.recorder),  # both sides, for the download
            speak,  # what was really heard
        ]
    )
    worker = working(pipeline, strategy, minutes=settings.limits.max_talk_minutes)
    follow(worker, transport, talk, sample)
    return worker


async def bot(runner_args: RunnerArguments) -> None:
    """One talk, from the moment that somebody connects. Pipecat's runner calls this."""
    shared = shared_now()
    hold = Hold()
    transport = await connect(runner_args, hold)
    talk = await Talk.begin(shared, runner_args.body, hold)
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(agent(transport, talk, shared))
    try:
        await runner.run()
    finally:
        await talk.end()
        await hang_up(runner_args)


if __name__ == "__main__":
    from server.main import main

    main()
