import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../../support/eventually.js';
import { create } from '../../../support/tus-client.js';
import type { KillableServer } from '../../servers/killable-server.js';
import { withKnown } from '../run-servers.js';
import { find } from '../tally.js';
import type { Actor } from './actor.js';
import type { Stage } from './stage.js';
import { unlessKilled } from './unless-killed.js';

const UPLOADS = 96;
const AT_ONCE = 8;
/** Milliseconds after which the last upload has expired. */
const VALID_FOR = 150;
const BODY = 'x'.repeat(4096);

/** Clients that begin uploads and leave them, so that cleanup passes have much to remove. */
export class Leavers implements Actor {
  /** Ids of uploads that were begun since the last check. */
  private ids: string[] = [];

  constructor(private readonly stage: Stage) {}

  async act(server: KillableServer): Promise<void> {
    for (;;) {
      const clients = Array.from({ length: AT_ONCE }, () => this.beginSome(server));
      const begun = await Promise.all(clients);
      if (begun.includes(false)) return;

      await pause(VALID_FOR);
      this.stage.moments.emit('cleanup');
      const report = await unlessKilled(() => server.cleanup());
      if (!report) {
        this.stage.tally.passesCutOff++;
        return;
      }
    }
  }

  /** An upload is either still there with all its bytes, or known as expired. */
  async inspect(): Promise<void> {
    const { servers, store, tally } = this.stage;
    // First, for bytes go after the record says so, on a machine that is still there too.
    const sizes = await store.expiring();
    await withKnown(servers, 'expiring', async (known) => {
      for (const id of this.ids) {
        const record = await known.get(id);
        const whole = record?.state === 'receiving' && sizes.get(id) === BODY.length;
        if (record?.state === 'expired') tally.expired++;
        else if (!whole) {
          const finding = `${id}: ${record?.state ?? 'unknown'}, ${sizes.get(id) ?? 0} bytes`;
          find(tally, 'expiredHalfGone', finding);
        }
      }
    });
  }

  /** A further pass finishes what the killed one has begun. */
  async check(server: KillableServer): Promise<void> {
    const left = async (): Promise<number> => {
      const sizes = await this.stage.store.expiring();
      return this.ids.filter((id) => sizes.has(id)).length;
    };
    const cleaned = async (): Promise<void> => {
      await server.cleanup();
      if ((await left()) > 0) throw new Error('There are files left.');
    };
    await eventually(cleaned).catch(() => undefined);
    this.stage.tally.expiredHalfGone += await left();
    this.ids = [];
  }

  async finish(): Promise<void> {
    await this.inspect();
  }

  /** @returns whether the server is still there. */
  private async beginSome(server: KillableServer): Promise<boolean> {
    for (let begun = 0; begun < UPLOADS / AT_ONCE; begun++) {
      const options = { path: '/expiring', length: BODY.length + 1, body: BODY };
      const created = await unlessKilled(() => create(server, options));
      if (!created) return false;
      this.ids.push(created.id);
    }
    return true;
  }
}
