import { leaseKeyOf, uploadKey } from '../../../lib/cluster/index.js';
import type { Cluster, LeaseKey, MemberReport, News } from '../../../lib/cluster/index.js';
import { eventually } from '../../support/eventually.js';
import { Gate } from '../../support/gate.js';

/** A member that a test cannot reach into: it can hang, and can be killed. */
export interface Outsider {
  readonly identity: string;
  /** Has it take a key, which it keeps for itself when others ask. */
  hold(key: LeaseKey): Promise<void>;
  /** Stops it as it is. */
  freeze(): void;
  /** Lets it go on. */
  wake(): void;
  /** Whether what it does with a key counts no more. */
  hasLost(key: LeaseKey): Promise<boolean>;
  /** Ends it without giving it a chance to do anything. */
  kill(): Promise<void>;
}

/** Where the members of a cluster meet. */
export interface ClusterPlace {
  /** A further one, which has not joined yet, and goes on without one that hangs after a second or so. */
  member(): Cluster;
  /** One that has joined. */
  outsider(): Promise<Outsider>;
  remove(): Promise<void>;
}

const KEY = uploadKey('a'.repeat(32));
const OTHER = uploadKey('b'.repeat(32));
const ID = 'c'.repeat(32);

/** What every cluster promises, however its members hear of each other. */
export function describeCluster(name: string, makePlace: () => Promise<ClusterPlace>): void {
  describe(`${name}`, () => {
    let place: ClusterPlace;
    const members: Cluster[] = [];
    const outsiders: Outsider[] = [];

    beforeEach(async () => {
      place = await makePlace();
    });

    afterEach(async () => {
      await Promise.all(outsiders.splice(0).map((outsider) => outsider.kill()));
      await Promise.all(members.splice(0).map((member) => member.close()));
      await place.remove();
    });

    async function join(prepare: (member: Cluster) => void = () => undefined): Promise<Cluster> {
      const member = place.member();
      members.push(member);
      prepare(member);
      await member.open();
      return member;
    }

    async function joinOutsider(): Promise<Outsider> {
      const outsider = await place.outsider();
      outsiders.push(outsider);
      return outsider;
    }

    /** Whether a member got a key that it has asked for. */
    async function claim(member: Cluster, key = KEY): Promise<boolean> {
      return (await member.claim(key)) ?? true;
    }

    describe('a key', () => {
      it('goes over at once from a member that has it to spare', async () => {
        const [one, other] = [await join(), await join()];

        expect(await claim(one)).toBe(true);
        expect(await claim(other)).toBe(true);

        expect(await one.isHeldElsewhere(KEY)).toBe(true);
        expect(await other.isHeldElsewhere(KEY)).toBe(false);
      });

      it('goes over when its holder has let go, and not before', async () => {
        const [one, other] = [await join(), await join()];
        const gate = new Gate();
        const released = jest.fn();
        one.onWanted(async () => {
          await gate.pass();
          return { release: released };
        });
        await claim(one);
        const order: string[] = [];

        const theirs = claim(other).then((isTheirs) => order.push(`theirs: ${isTheirs}`));
        await gate.reached;
        order.push('let go');
        gate.open();
        await theirs;

        expect(order).toEqual(['let go', 'theirs: true']);
        await eventually(() => expect(released).toHaveBeenCalledTimes(1));
      });

      it('stays with a holder that refuses, and is free once that has released it', async () => {
        const [one, other] = [await join(), await join()];
        one.onWanted(() => Promise.resolve(undefined));
        await claim(one);

        expect(await claim(other)).toBe(false);
        expect(await other.isHeldElsewhere(KEY)).toBe(true);

        one.release(KEY);
        expect(await claim(other)).toBe(true);
      });

      it('that is only tried, or looked after, disturbs no holder', async () => {
        const [one, other] = [await join(), await join()];
        const wanted = jest.fn(() => Promise.resolve({ release: () => undefined }));
        one.onWanted(wanted);
        await claim(one);

        expect(await other.tryClaim(KEY)).toBe(false);
        expect(await other.isHeldElsewhere(KEY)).toBe(true);
        expect(wanted).not.toHaveBeenCalled();

        one.release(KEY);
        await eventually(async () => expect(await other.isHeldElsewhere(KEY)).toBe(false));
        expect(await other.tryClaim(KEY)).toBe(true);
        expect(await one.isHeldElsewhere(KEY)).toBe(true);
      });

      it('is not claimed by a look at it', async () => {
        const [one, other] = [await join(), await join()];

        expect(await one.isHeldElsewhere(KEY)).toBe(false);

        expect(await other.isHeldElsewhere(KEY)).toBe(false);
        expect(await other.tryClaim(KEY)).toBe(true);
      });

      it('that was new is held like all others', async () => {
        const [one, other] = [await join(), await join()];

        expect(one.claimNew(KEY)).toBe(true);

        await eventually(async () => expect(await other.isHeldElsewhere(KEY)).toBe(true));
        expect(await other.tryClaim(KEY)).toBe(false);
        expect(await other.tryClaim(OTHER)).toBe(true);
      });

      it('that was taken before another member came is known to that one', async () => {
        const one = await join();
        expect(await claim(one)).toBe(true);
        expect(one.claimNew(OTHER)).toBe(true);

        const other = await join();

        expect(await other.isHeldElsewhere(KEY)).toBe(true);
        expect(await other.tryClaim(OTHER)).toBe(false);
      });

      it('is not given back by a member that does not have it', async () => {
        const [one, other, third] = [await join(), await join(), await join()];
        await claim(one);

        other.release(KEY);

        expect(await third.tryClaim(KEY)).toBe(false);
      });

      it('is held by one of many that want it at once', async () => {
        const all = [await join(), await join(), await join()];
        for (const member of all) member.onWanted(() => Promise.resolve(undefined));

        const won = await Promise.all(all.map((member) => claim(member)));

        expect(won.filter(Boolean)).toHaveLength(1);
      });

      it('may be any text', async () => {
        const [one, other] = [await join(), await join()];
        const key = leaseKeyOf(`.${'x'.repeat(99)} é`);

        expect(await one.tryClaim(key)).toBe(true);
        expect(await other.tryClaim(key)).toBe(false);
      });
    });

    describe('a member', () => {
      it('is alone until another one joins, and once that has left', async () => {
        const met = jest.fn();
        const one = await join((member) => member.onMet(met));
        expect(one.isAlone).toBe(true);
        expect(await one.isHeldElsewhere(KEY)).toBe(false);

        const other = await join();

        expect(met).toHaveBeenCalled();
        expect([one.isAlone, other.isAlone]).toEqual([false, false]);
        await other.close();
        await eventually(() => expect(one.isAlone).toBe(true));
        expect(one.identity).not.toBe(other.identity);
      });

      it('that was killed is told of, with the keys that it held, which are free', async () => {
        const gone = jest.fn();
        const one = await join((member) => member.onGone(gone));
        const outsider = await joinOutsider();
        await outsider.hold(KEY);
        expect(await one.isGone(outsider.identity)).toBe(false);

        await outsider.kill();

        await eventually(() => expect(gone).toHaveBeenCalledWith(outsider.identity, [KEY]));
        expect(await one.isGone(outsider.identity)).toBe(true);
        expect(await one.isGone(one.identity)).toBe(false);
        expect(await one.tryClaim(KEY)).toBe(true);
      });

      it('claims nothing once it has left', async () => {
        const one = await join();
        await join();
        await one.close();

        expect(await claim(one)).toBe(false);
        expect(one.claimNew(KEY)).toBe(false);
        expect(await one.tryClaim(KEY)).toBe(false);
      });
    });

    describe('a member that does not answer', () => {
      it('loses what another one wants, and nothing else, and finds that out', async () => {
        const suspected = jest.fn();
        const fenced = jest.fn<void, [LeaseKey, string]>();
        const one = await join((member) => {
          member.onSuspected(suspected);
          member.onFence(async (key, { identity }) => fenced(key, identity));
        });
        const outsider = await joinOutsider();
        await outsider.hold(KEY);
        await outsider.hold(OTHER);
        outsider.freeze();

        expect(await claim(one)).toBe(true);

        expect(fenced.mock.calls).toEqual([[KEY, outsider.identity]]);
        expect(suspected).toHaveBeenCalledWith(outsider.identity);
        expect(await one.isSuspected(outsider.identity)).toBe(true);
        expect(await one.isGone(outsider.identity)).toBe(false);
        outsider.wake();
        expect(await outsider.hasLost(KEY)).toBe(true);
        expect(await outsider.hasLost(OTHER)).toBe(false);
        await eventually(async () => {
          expect(await one.isSuspected(outsider.identity)).toBe(false);
        });
        expect(one.hasLost(KEY)).toBe(false);
      });

      it('keeps what it has until that is safe from it', async () => {
        const one = await join((member) => {
          member.onFence(() => Promise.reject(new Error('There is no room.')));
        });
        const outsider = await joinOutsider();
        await outsider.hold(KEY);
        outsider.freeze();

        await expect(claim(one)).rejects.toThrow('There is no room.');

        one.onFence(() => Promise.resolve());
        expect(await claim(one)).toBe(true);
      });
    });

    describe('others', () => {
      it('are woken, but for those that have said that they need not be', async () => {
        const [woken, deaf] = [jest.fn(() => false), jest.fn(() => true)];
        const one = await join();
        await join((member) => member.onWoken(deaf));
        await join((member) => member.onWoken(woken));

        // What it says arrives some time after it was woken.
        await eventually(async () => {
          const { length: before } = deaf.mock.calls;
          for (let time = 0; time < 3; time++) {
            const { length: calls } = woken.mock.calls;
            one.wakeOthers();
            await eventually(() => expect(woken.mock.calls.length).toBeGreaterThan(calls));
          }
          expect(before).toBeGreaterThan(0);
          expect(deaf).toHaveBeenCalledTimes(before);
        });
      });
    });

    describe('reports', () => {
      it('are asked of all others, and of those only', async () => {
        const long = `of two, ${'ä\n"'.repeat(9000)}`;
        const one = await join((member) => member.onAsked(() => 'of one'));
        const two = await join((member) => member.onAsked(() => long));
        const three = await join((member) => member.onAsked(() => 'of three'));

        await eventually(async () =>
          expect(byIdentity(await one.askOthers(5000))).toEqual(
            byIdentity([
              { identity: two.identity, text: long },
              { identity: three.identity, text: 'of three' },
            ]),
          ),
        );
        await eventually(async () => expect(await two.askOthers(5000)).toHaveLength(2));
      });

      it('are said anew each time, and no more by those that have left', async () => {
        let count = 0;
        const one = await join();
        const other = await join((member) => member.onAsked(() => `${++count}`));
        const texts = async () => (await one.askOthers(5000)).map(({ text }) => text);

        await eventually(async () => expect(await texts()).toHaveLength(1));
        const [before] = await texts();
        expect(await texts()).toEqual([`${Number(before) + 1}`]);

        await other.close();
        await eventually(async () => expect(await texts()).toEqual([]));
      });

      it('name those that do not answer, and do not wait for them', async () => {
        const one = await join();
        const frozen = await joinOutsider();
        await eventually(async () => expect(await one.askOthers(5000)).toHaveLength(1));

        frozen.freeze();

        expect(await one.askOthers(200)).toEqual([{ identity: frozen.identity }]);
      });

      function byIdentity(reports: readonly MemberReport[]) {
        return [...reports].sort((a, b) => (a.identity < b.identity ? -1 : 1));
      }
    });

    describe('news', () => {
      const news = (text: string, more: Partial<News> = {}) => ({
        uploadId: ID,
        text,
        isPassing: false,
        ...more,
      });

      function heardBy(member: Cluster): string[] {
        const heard: string[] = [];
        member.onTold((text) => heard.push(text));
        return heard;
      }

      it('are told to those that watch the upload, or all, as long as they do', async () => {
        const [one, other] = [await join(), await join()];
        const heard = heardBy(other);
        expect(one.isWatched(ID)).toBe(false);
        const reached = jest.fn();
        const ends = [other.watch(ID, reached), other.watch()];
        await eventually(() => expect(one.isWatched('another')).toBe(true));
        expect(reached).toHaveBeenCalledTimes(1);

        one.tell(news('of one'));
        one.tell(news('of another', { uploadId: 'another' }));
        await eventually(() => expect(heard).toEqual(['of one', 'of another']));
        ends[1]!();
        await eventually(() => expect(one.isWatched('another')).toBe(false));
        one.tell(news('of another', { uploadId: 'another' }));
        one.tell(news('of one again'));

        await eventually(() => expect(heard).toEqual(['of one', 'of another', 'of one again']));
        ends[0]!();
        await eventually(() => expect(one.isWatched(ID)).toBe(false));
      });

      it('are told by those that join later, and no more to those that have ended', async () => {
        const one = await join();
        const heard = heardBy(one);
        one.watch(ID);
        const later = await join();
        await eventually(() => expect(later.isWatched(ID)).toBe(true));

        later.tell(news('late'));
        await eventually(() => expect(heard).toEqual(['late']));

        await one.close();
        await eventually(() => expect(later.isWatched(ID)).toBe(false));
      });

      it('that are many come in order, with the last one of those that pass', async () => {
        const [one, other] = [await join(), await join()];
        const heard = heardBy(other);
        other.watch();
        await eventually(() => expect(one.isWatched(ID)).toBe(true));

        one.tell(news('begin'));
        for (let step = 0; step < 50; step++) one.tell(news(`step ${step}`, { isPassing: true }));
        one.tell(news('of another', { uploadId: 'another' }));
        one.tell(news('step 50', { isPassing: true }));

        await eventually(() => expect(heard.at(-1)).toBe('step 50'));
        expect(heard[0]).toBe('begin');
        expect(heard).toContain('of another');
        const steps = heard.filter((text) => text.startsWith('step')).map((text) => +text.slice(5));
        expect(steps).toEqual([...steps].sort((a, b) => a - b));
      });

      it('do not come back to the member that tells them', async () => {
        const [one, other] = [await join(), await join()];
        const heard = [heardBy(one), heardBy(other)];
        one.watch();
        other.watch();
        await eventually(() => expect([one, other].every((m) => m.isWatched(ID))).toBe(true));

        one.tell(news('once'));

        await eventually(() => expect(heard).toEqual([[], ['once']]));
      });
    });
  });
}
