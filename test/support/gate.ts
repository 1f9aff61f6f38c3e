/** Something that waits until a test lets it go on, and tells that it has come there. */
export class Gate {
  /** Resolves once somebody stands at the gate. */
  readonly reached: Promise<void>;

  private readonly opened: Promise<void>;
  private arrive: () => void = () => undefined;
  private letThrough: () => void = () => undefined;

  constructor() {
    this.reached = new Promise((resolve) => (this.arrive = resolve));
    this.opened = new Promise((resolve) => (this.letThrough = resolve));
  }

  /** Waits at the gate; passes at once when it is open. */
  pass(): Promise<void> {
    this.arrive();
    return this.opened;
  }

  open(): void {
    this.letThrough();
  }
}
