import { Inject, Injectable } from '@nestjs/common';
import { parseDuration, TusOptionError } from '../options/index.js';
import type { UploadRegistry } from '../registry/index.js';
import type { UploadStorage } from '../storage/index.js';
import { TUS_REGISTRY, TUS_STORAGE } from '../tus.constants.js';
import type { HealthTerms, TusHealth } from './health.interface.js';
import { Question } from './question.js';
import { reasonOf } from './reason-of.js';

/** Deliveries that are counted at most, so that asking costs little however many there are. */
export const MOST_COUNTED = 1000;

const DEFAULT_TIMEOUT = '3s';

/** Milliseconds: who writes 3000 means them, and not as many seconds. */
const LONGEST_TIMEOUT = 60_000;

/** What one part of an instance answers: what it tells of itself, or what is wrong with it. */
type Answer = Omit<TusHealth, 'faults'> | { readonly fault: string };

/** Finds out whether an instance can take uploads, and deliver them. */
@Injectable()
export class HealthCheck {
  private readonly storageAnswers = new Question(() => this.askStorage());
  private readonly registryAnswers = new Question(() => this.askRegistry());

  constructor(
    @Inject(TUS_REGISTRY) private readonly registry: UploadRegistry,
    @Inject(TUS_STORAGE) private readonly storage: UploadStorage,
  ) {}

  /** @throws TusOptionError for a wrong timeout */
  async examine({ timeout = DEFAULT_TIMEOUT }: HealthTerms = {}): Promise<TusHealth> {
    const limit = parseTimeout(timeout);
    const answers = await Promise.all([
      answerOf('The storage takes no uploads', this.storageAnswers.answer(limit)),
      answerOf('The registry does not answer', this.registryAnswers.answer(limit)),
    ]);
    const faults = answers.flatMap((answer) => ('fault' in answer ? [answer.fault] : []));
    const told = answers.filter((answer) => !('fault' in answer));
    return Object.assign({ faults }, ...told) as TusHealth;
  }

  private async askStorage(): Promise<Answer> {
    await this.storage.probe();
    const { files } = this.storage;
    return files ? { room: await files.room() } : {};
  }

  private async askRegistry(): Promise<Answer> {
    const [dueAt, { items }] = await Promise.all([
      this.registry.nextDeliveryAt(),
      this.registry.deliveries({ state: 'dead', limit: MOST_COUNTED }),
    ]);
    const deliveryWait = dueAt === undefined ? 0 : Math.max(Date.now() - dueAt, 0);
    return { deliveryWait, deadDeliveries: items.length };
  }
}

async function answerOf(fault: string, asking: Promise<Answer>): Promise<Answer> {
  try {
    return await asking;
  } catch (error) {
    return { fault: `${fault}: ${reasonOf(error)}.` };
  }
}

function parseTimeout(value: unknown): number {
  const milliseconds = parseDuration('health.timeout', value);
  if (milliseconds <= LONGEST_TIMEOUT) return milliseconds;
  const remedy = `A minute is the most. A number is seconds: give 3, or '3s'.`;
  throw new TusOptionError('health.timeout', value, remedy);
}
