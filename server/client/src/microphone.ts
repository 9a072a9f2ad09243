/** The microphone as the transport's media manager: one track, its level, and the choice of device. */

import { DeviceError, type PipecatClientOptions, type RTVIEventCallbacks } from "@pipecat-ai/client-js";

import type { MicrophoneState, Receive } from "./events";
import { LevelMeter } from "./level";

/** What the browser may do to the sound before it is sent. */
export interface Treatment {
  echoCancellation: boolean;
  noiseSuppression: boolean;
  autoGainControl: boolean;
}

const STATES: Record<string, MicrophoneState> = {
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotReadableError: "busy",
  AbortError: "busy",
};

const NO_DEVICE: Record<string, never> = {};

/** Has the shape of Pipecat's `MediaManager`; cameras and screens are refused. */
export class Microphone {
  readonly supportsScreenShare = false;
  readonly isCamEnabled = false;
  readonly isSharingScreen = false;
  readonly selectedCam = NO_DEVICE;
  readonly selectedSpeaker = NO_DEVICE;

  /** Called with each new track, for a connection that stands already. */
  onTrack: (track: MediaStreamTrack) => void = () => {};

  private callbacks: RTVIEventCallbacks = {};
  private wanted = true;
  private track: MediaStreamTrack | null = null;
  private meter: LevelMeter | null = null;
  private devices: MediaDeviceInfo[] = [];
  private closed = false;

  constructor(
    private readonly treatment: Treatment,
    private deviceId: string, // empty for the browser's default
    private readonly receive: Receive,
  ) {}

  setClientOptions(options: PipecatClientOptions): void {
    this.wanted = options.enableMic ?? true;
    this.callbacks = options.callbacks ?? {};
  }

  async initialize(): Promise<void> {
    if (this.wanted) await this.open();
  }

  async connect(): Promise<void> {
    navigator.mediaDevices?.addEventListener("devicechange", this.listDevices);
  }

  async disconnect(): Promise<void> {
    this.closed = true;
    this.release();
    navigator.mediaDevices?.removeEventListener("devicechange", this.listDevices);
    this.receive({ type: "microphone", state: "off" });
  }

  get isMicEnabled(): boolean {
    return this.wanted && this.track !== null;
  }

  async enableMic(enable: boolean): Promise<void> {
    this.wanted = enable;
    if (enable && !this.track) return this.open();
    if (!this.track) return;
    this.track.enabled = enable;
    this.receive({ type: "microphone", state: enable ? "on" : "muted" });
  }

  async updateMic(deviceId: string): Promise<void> {
    this.deviceId = deviceId;
    if (this.track) await this.open();
  }

  tracks(): { local: { audio?: MediaStreamTrack } } {
    return { local: this.track ? { audio: this.track } : {} };
  }

  get selectedMic(): MediaDeviceInfo | Record<string, never> {
    const id = this.track?.getSettings().deviceId;
    return this.devices.find((device) => device.deviceId === id) ?? NO_DEVICE;
  }

  async getAllMics(): Promise<MediaDeviceInfo[]> {
    return this.devices;
  }

  async getAllCams(): Promise<MediaDeviceInfo[]> {
    return [];
  }

  async getAllSpeakers(): Promise<MediaDeviceInfo[]> {
    return [];
  }

  updateCam(): void {}
  updateSpeaker(): void {}
  enableCam(): void {}
  enableScreenShare(): void {}
  async userStartedSpeaking(): Promise<void> {}
  bufferBotAudio(): undefined {}
  setUserAudioCallback(): void {}

  /** Open the chosen device, or say why it cannot be opened. Never throws for a missing one. */
  private async open(): Promise<void> {
    if (!navigator.mediaDevices) return this.failed("insecure", "no media devices");
    this.receive({ type: "microphone", state: "asking" });
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: this.constraints() });
    } catch (error) {
      const state = error instanceof DOMException ? STATES[error.name] : undefined;
      if (!state) throw error;
      return this.failed(state, String(error));
    }
    const [track] = stream.getAudioTracks();
    if (!track || this.closed) return stream.getTracks().forEach((each) => each.stop());
    await this.use(track, stream);
  }

  private constraints(): MediaTrackConstraints {
    return this.deviceId ? { ...this.treatment, deviceId: { exact: this.deviceId } } : { ...this.treatment };
  }

  private async use(track: MediaStreamTrack, stream: MediaStream): Promise<void> {
    this.release();
    // The transport stops the track of a connection that it replaces, though the
    // next connection sends the same one: only `release` may end it.
    Object.defineProperty(track, "stop", { value: () => {} });
    track.addEventListener("ended", () => this.unplugged(track));
    track.enabled = this.wanted;
    this.track = track;
    this.meter = new LevelMeter(stream, (level) => this.receive({ type: "level", level }));
    await this.listDevices();
    this.callbacks.onMicUpdated?.(this.selectedMic as MediaDeviceInfo);
    this.receive({ type: "microphone", state: this.wanted ? "on" : "muted" });
    this.onTrack(track);
  }

  private release(): void {
    if (this.track) MediaStreamTrack.prototype.stop.call(this.track);
    this.meter?.close();
    this.track = null;
    this.meter = null;
  }

  private unplugged(track: MediaStreamTrack): void {
    if (track !== this.track) return;
    this.release();
    this.deviceId = "";
    void this.open();
  }

  private failed(state: MicrophoneState, why: string): void {
    const type = state === "none" ? "not-found" : state === "denied" ? "permissions" : "unknown";
    this.callbacks.onDeviceError?.(new DeviceError(["mic"], type, why));
    this.receive({ type: "microphone", state });
  }

  private readonly listDevices = async (): Promise<void> => {
    const devices = await navigator.mediaDevices.enumerateDevices();
    this.devices = devices.filter((device) => device.kind === "audioinput");
    this.receive({
      type: "microphones",
      devices: this.devices.map(({ deviceId, label }) => ({ id: deviceId, label })),
      selected: this.track?.getSettings().deviceId ?? this.deviceId,
    });
  };
}
