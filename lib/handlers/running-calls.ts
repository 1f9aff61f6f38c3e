import { Injectable } from '@nestjs/common';

/** A call of one of the app's methods. */
export interface RunningCall {
  /** `Class#method`, or the `id` of its decorator. */
  readonly name: string;
  /** The upload it is about; absent before that has an id. */
  readonly uploadId?: string;
}

/** The calls of the app's methods that an instance has made, and that have not returned. */
@Injectable()
export class RunningCalls {
  private readonly running = new Map<RunningCall, Promise<unknown>>();

  get all(): readonly RunningCall[] {
    return [...this.running.keys()];
  }

  /** Counts a call, from now until it has returned. */
  async during<T>(call: RunningCall, returned: Promise<T>): Promise<T> {
    this.running.set(call, returned);
    try {
      return await returned;
    } finally {
      this.running.delete(call);
    }
  }

  /** Resolves when there is none. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled(this.running.values());
  }
}
