/** One talk after another over Pipecat's client: join, leave, send, and report what happens. */

import {
  LogLevel,
  PipecatClient,
  type RTVIMessage,
  type TranscriptData,
  TransportStartError,
  logger,
} from "@pipecat-ai/client-js";

import { type Failure, fromServer, type Receive } from "./events";
import { Microphone, type Treatment } from "./microphone";
import { Refused, type StartBody, refusal, start } from "./server";
import { Transport } from "./transport";

logger.setLevel(LogLevel.WARN);

const JOIN_MS = 20_000;
const WATCH_MS = 500;

/** Pipecat's client, which drops two kinds of message that the server sends. */
class Client extends PipecatClient {
  receive: Receive = () => {};

  protected override handleMessage(message: RTVIMessage): void {
    if (message.type === "bot-interrupted") this.receive({ type: "cut-off" });
    else super.handleMessage(message);
  }
}

export class Call {
  private client: Client | null = null;
  private transport: Transport | null = null;
  private microphone: Microphone | null = null;
  private watch = 0; // the timer that watches the link; 0 until a talk is joined
  private linked = true;

  constructor(
    private readonly receive: Receive,
    private readonly hear: (track: MediaStreamTrack) => void,
    private readonly treatment: Treatment,
  ) {}

  /** Join a talk; how it went is reported as a link event. `device` is empty for the default. */
  async join(body: StartBody, { withMicrophone, device }: { withMicrophone: boolean; device: string }) {
    await this.drop();
    this.receive({ type: "link", state: "joining" });
    const microphone = (this.microphone = new Microphone(this.treatment, device, this.receive));
    const transport = (this.transport = new Transport(microphone));
    const client = (this.client = this.clientFor(transport, withMicrophone));
    try {
      await this.connect(client, body, withMicrophone);
    } catch (error) {
      if (this.client !== client) return;
      const why = await failure(error, transport.linked);
      await this.drop();
      this.receive({ type: "link", state: "failed", why });
      return;
    }
    if (this.client !== client) return;
    this.linked = true;
    this.receive({ type: "link", state: "in" });
    this.watch = window.setInterval(() => this.checkLink(), WATCH_MS);
  }

  async leave(): Promise<void> {
    if (!this.client) return;
    await this.drop();
    this.receive({ type: "link", state: "out" });
  }

  /** Send a message of ours to the server. Returns whether there is a talk to send it to. */
  send(type: string, data: unknown): boolean {
    if (this.client?.state !== "ready") return false;
    this.client.sendClientMessage(type, data);
    return true;
  }

  /** Send typed text as a turn of the user. Returns whether there is a talk to send it to. */
  say(text: string): boolean {
    if (this.client?.state !== "ready") return false;
    void this.client.sendText(text);
    this.receive({ type: "typed", text });
    return true;
  }

  mute(muted: boolean): void {
    this.client?.enableMic(!muted);
  }

  useMicrophone(device: string): void {
    this.client?.updateMic(device);
  }

  /** Each step may outlive a leave: the ones that follow it are then not taken. */
  private async connect(client: Client, body: StartBody, withMicrophone: boolean): Promise<void> {
    if (withMicrophone) await client.initDevices();
    if (this.client !== client) return;
    const { sessionId, iceConfig } = await start(body);
    if (this.client !== client) return;
    const webrtcRequestParams = { endpoint: `/sessions/${sessionId}/api/offer` };
    await Promise.race([client.connect({ webrtcRequestParams, ...(iceConfig && { iceConfig }) }), late()]);
    if (this.client !== client) await client.disconnect();
  }

  private async drop(): Promise<void> {
    const { client, microphone } = this;
    window.clearInterval(this.watch);
    this.watch = 0;
    this.client = this.transport = this.microphone = null;
    // The transport leaves the microphone open when it never had a connection.
    await client?.disconnect();
    await microphone?.disconnect();
  }

  private checkLink(): void {
    const linked = this.transport?.linked ?? false;
    if (linked === this.linked) return;
    this.linked = linked;
    this.receive({ type: "link", state: linked ? "in" : "reconnecting" });
  }

  private clientFor(transport: Transport, withMicrophone: boolean): Client {
    const client: Client = new Client({
      transport,
      enableMic: withMicrophone,
      enableCam: false,
      callbacks: {
        onDisconnected: () => void this.lost(client),
        onTrackStarted: (track, who) => {
          if (track.kind === "audio" && !who?.local) this.hear(track);
        },
        onServerMessage: (message: unknown) => {
          const event = fromServer(message);
          if (event) this.receive(event);
        },
        onUserStartedSpeaking: () => this.receive({ type: "floor", who: "user", speaking: true }),
        onUserStoppedSpeaking: () => this.receive({ type: "floor", who: "user", speaking: false }),
        onBotStartedSpeaking: () => this.receive({ type: "floor", who: "agent", speaking: true }),
        onBotStoppedSpeaking: () => this.receive({ type: "floor", who: "agent", speaking: false }),
        onBotLlmStarted: () => this.receive({ type: "writing", on: true }),
        onBotLlmStopped: () => this.receive({ type: "writing", on: false }),
        onBotTtsStarted: () => this.receive({ type: "voicing", on: true }),
        onBotTtsStopped: () => this.receive({ type: "voicing", on: false }),
        onUserTranscript: ({ text, final }: TranscriptData) =>
          this.receive({ type: "user-words", text, final }),
        onBotTtsText: ({ text }) => this.receive({ type: "agent-words", text }),
      },
    });
    client.receive = this.receive;
    return client;
  }

  /** The connection ended though nobody here asked for it. */
  private async lost(client: Client): Promise<void> {
    if (this.client !== client || !this.watch) return;
    await this.drop();
    this.receive({ type: "link", state: "lost" });
  }
}

class Late extends Error {}

function late(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Late()), JOIN_MS);
  });
}

/** Why joining failed; `linked`: though sound could get through. */
async function failure(error: unknown, linked: boolean): Promise<Failure> {
  if (error instanceof Refused) return error.failure;
  if (error instanceof Late) return { kind: linked ? "late" : "no-way" };
  if (error instanceof TransportStartError) return offerRefused(error.cause);
  if (!(error instanceof Error)) throw error;
  return error instanceof TypeError ? { kind: "gone" } : { kind: "other", text: error.message };
}

/** Who offers again after the server has given up finds no session: no way was found till then. */
async function offerRefused(cause: unknown): Promise<Failure> {
  if (cause instanceof TypeError) return { kind: "gone" };
  if (!(cause instanceof Response) || cause.status === 404) return { kind: "no-way" };
  return refusal(cause);
}
