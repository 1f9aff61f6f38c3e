/** The deliveries that run in this process, by handler. */
export class RunningDeliveries {
  private readonly byHandler = new Map<string, Set<Promise<void>>>();

  countOf(handler: string): number {
    return this.byHandler.get(handler)?.size ?? 0;
  }

  /** @returns when the delivery has come to its end, and does not count any more */
  add(handler: string, delivery: Promise<void>): Promise<void> {
    const deliveries = this.byHandler.get(handler) ?? new Set();
    this.byHandler.set(handler, deliveries);
    const ended = delivery.finally(() => deliveries.delete(ended));
    deliveries.add(ended);
    return ended;
  }

  /** Resolves when the deliveries that run now have ended. */
  async idle(): Promise<void> {
    await Promise.all([...this.byHandler.values()].flatMap((deliveries) => [...deliveries]));
  }
}
