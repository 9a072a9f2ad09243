/** Pipecat's WebRTC transport with our microphone, and with a word on how the link stands. */

import { SmallWebRTCTransport } from "@pipecat-ai/small-webrtc-transport";

import type { Microphone } from "./microphone";

export class Transport extends SmallWebRTCTransport {
  constructor(microphone: Microphone) {
    super({ mediaManager: microphone });
    microphone.onTrack = (track) => {
      void this.connection?.getTransceivers()[0]?.sender.replaceTrack(track);
    };
  }

  /** Whether sound and messages get through, as far as the browser knows. */
  get linked(): boolean {
    const state = this.connection?.iceConnectionState;
    return state === "connected" || state === "completed";
  }

  /** The parent's `pc`, which its types leave out; a reconnection replaces it. */
  private get connection(): RTCPeerConnection | null {
    return Reflect.get(this, "pc") as RTCPeerConnection | null;
  }
}
