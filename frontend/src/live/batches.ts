/** Runs `work` for all that was asked for since the last time: one at a time, never sooner than `milliseconds` after the one before has ended. */
export class Batches {
  private isAsked = false;
  private isRunning = false;

  constructor(
    private readonly work: () => Promise<void>,
    private readonly milliseconds: number,
  ) {}

  ask(): void {
    this.isAsked = true;
    if (!this.isRunning) void this.run();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.takeAsked()) {
      await this.work();
      await new Promise((resolve) => setTimeout(resolve, this.milliseconds));
    }
    this.isRunning = false;
  }

  private takeAsked(): boolean {
    const isAsked = this.isAsked;
    this.isAsked = false;
    return isAsked;
  }
}
