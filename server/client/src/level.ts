/** How loud a stream is, ten times a second. */

const PERIOD_MS = 100;
const WINDOW = 8192; // samples: longer than the period at 48 kHz, so that no sound falls between
const FLOOR_DB = -60; // shown as 0; full scale is shown as 1

export class LevelMeter {
  private readonly context = new AudioContext();
  private readonly analyser = this.context.createAnalyser();
  private readonly samples: Float32Array<ArrayBuffer>;
  private readonly timer: number;

  constructor(stream: MediaStream, report: (level: number) => void) {
    this.analyser.fftSize = WINDOW;
    this.samples = new Float32Array(this.analyser.fftSize);
    this.context.createMediaStreamSource(stream).connect(this.analyser);
    this.timer = window.setInterval(() => report(this.level()), PERIOD_MS);
  }

  close(): void {
    window.clearInterval(this.timer);
    void this.context.close();
  }

  private level(): number {
    this.analyser.getFloatTimeDomainData(this.samples);
    const power = this.samples.reduce((sum, sample) => sum + sample * sample, 0);
    const decibels = 10 * Math.log10(power / this.samples.length + 1e-12);
    return Math.min(1, Math.max(0, 1 - decibels / FLOOR_DB));
  }
}
