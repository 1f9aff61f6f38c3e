import { asError } from '../../errors/index.js';

/** What one member asks another. */
export interface Question {
  readonly ask: number;
  readonly from: string;
  readonly topic: string;
  readonly body: string;
}

/** The answer to a question, or why there is none. */
export interface Answer {
  readonly answer: number;
  readonly body?: string;
  readonly error?: string;
}

type Answerer = (body: string, from: string) => Promise<string>;

interface Waiting {
  readonly to: string;
  readonly resolve: (body: string) => void;
  readonly reject: (error: Error) => void;
}

/** The questions of this member that wait for their answers, and what it answers itself. */
export class Questions {
  private readonly answerers = new Map<string, Answerer>();
  private readonly waiting = new Map<number, Waiting>();
  private asked = 0;

  answer(topic: string, answerer: Answerer): void {
    this.answerers.set(topic, answerer);
  }

  /** @param send takes the question on its way */
  ask(to: string, send: (number: number) => Promise<unknown>): Promise<string> {
    const number = ++this.asked;
    return new Promise<string>((resolve, reject) => {
      this.waiting.set(number, { to, resolve, reject });
      send(number).catch(reject);
    }).finally(() => this.waiting.delete(number));
  }

  take({ answer, body = '', error }: Answer): void {
    const waiting = this.waiting.get(answer);
    if (error === undefined) waiting?.resolve(body);
    else waiting?.reject(new Error(error));
  }

  async answerTo({ ask, from, topic, body }: Question): Promise<Answer> {
    try {
      const answerer = this.answerers.get(topic);
      if (!answerer) throw new Error(`There is no answer to ${topic}.`);
      return { answer: ask, body: await answerer(body, from) };
    } catch (error) {
      return { answer: ask, error: asError(error).message };
    }
  }

  /** Ends the waiting for one member, or for all. */
  giveUp(error: Error, to?: string): void {
    for (const waiting of this.waiting.values()) {
      if (to === undefined || waiting.to === to) waiting.reject(error);
    }
  }
}
