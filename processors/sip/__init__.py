"""Our own telephone line: calls over SIP as a Pipecat transport, with no provider between.

`line` waits for calls, `call` is one of them without Pipecat, `transport` is
one of them for a pipeline.
"""

from processors.sip.transport import SipRunnerArguments, SipTransport

__all__ = ["SipRunnerArguments", "SipTransport"]
