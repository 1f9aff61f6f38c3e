import { fileURLToPath } from 'node:url';
import { TestProcess } from '../../../support/test-process.js';
import type { MemberPlace } from './open-member.js';

/** What a process is told to do. */
export interface Order {
  readonly does: 'hold' | 'hasLost';
  readonly key: string;
}

const CHILD = fileURLToPath(new URL('./member.child.js', import.meta.url));

/** A member in a process of its own, which keeps what it has. */
export class Member extends TestProcess {
  /** Resolves once it has joined. */
  static async start(place: MemberPlace): Promise<Member> {
    const member = new Member(CHILD, [JSON.stringify(place)]);
    await member.until(() => member.messages[0]);
    return member;
  }

  get identity(): string {
    return this.details[0]!;
  }

  /** Resolves to what came of it. */
  async tell(does: Order['does'], key: string): Promise<string> {
    const { length } = this.messages;
    this.send({ does, key });
    return this.until(() => this.details[length]);
  }

  private get details(): string[] {
    return (this.messages as { detail: string }[]).map(({ detail }) => detail);
  }
}
