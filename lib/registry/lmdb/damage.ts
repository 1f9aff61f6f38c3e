/** Whether rows were met that cannot be read, or that lead nowhere. */
export class Damage {
  private found = false;

  get isFound(): boolean {
    return this.found;
  }

  note(): void {
    this.found = true;
  }

  forget(): void {
    this.found = false;
  }
}
