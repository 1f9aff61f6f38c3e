import { Gate } from '../../../support/gate.js';
import { eventually, makeTempFolder, removeTempFolder } from '../../../support/index.js';
import { openMember } from './open-member.js';

type Member = Awaited<ReturnType<typeof openMember>>;

/** A process on the folder, and how often it was woken. */
interface Woken extends Member {
  count(): number;
}

describe('Waking others for deliveries', () => {
  let folder: string;
  const members: Member[] = [];
  beforeEach(async () => {
    folder = await makeTempFolder();
  });
  afterEach(async () => {
    for (const { claims } of members.splice(0)) await claims.close();
    await removeTempFolder(folder);
  });

  async function join(): Promise<Member> {
    const member = await openMember(folder);
    members.push(member);
    return member;
  }

  async function joinWoken(isLeft = false): Promise<Woken> {
    const member = await join();
    let count = 0;
    member.cluster.onWoken(() => {
      count += 1;
      return isLeft;
    });
    return { ...member, count: () => count };
  }

  it('reaches each of them', async () => {
    const [one, other, third] = [await joinWoken(), await joinWoken(), await joinWoken()];

    one.cluster.wakeOthers();

    await eventually(() => expect([other.count(), third.count()]).toEqual([1, 1]));
    expect(one.count()).toBe(0);
  });

  it('makes one more question of all that comes while one is asked', async () => {
    const one = await joinWoken();
    const other = await join();
    const gate = new Gate();
    let count = 0;
    other.processes.answer('deliveries-due', async () => {
      count += 1;
      await gate.pass();
      return '';
    });
    one.cluster.wakeOthers();
    await gate.reached;

    for (let time = 0; time < 100; time++) one.cluster.wakeOthers();
    gate.open();

    await eventually(() => expect(count).toBe(2));
    one.cluster.wakeOthers();
    await eventually(() => expect(count).toBe(3));
  });

  it('asks no more those that leave deliveries to others as well', async () => {
    const [one, deaf] = [await joinWoken(), await joinWoken(true)];
    one.cluster.wakeOthers();
    await eventually(() => expect(deaf.count()).toBe(1));
    const worker = await joinWoken();

    for (let time = 1; time <= 3; time++) {
      one.cluster.wakeOthers();
      await eventually(() => expect(worker.count()).toBeGreaterThanOrEqual(time));
    }

    expect(deaf.count()).toBe(1);
  });

  it('is tried again when it went wrong', async () => {
    const one = await joinWoken();
    const other = await join();
    const tries = ['fails', 'works'];
    other.processes.answer('deliveries-due', () =>
      tries.shift() === 'fails' ? Promise.reject(new Error('not yet')) : Promise.resolve(''),
    );

    one.cluster.wakeOthers();

    await eventually(() => expect(tries).toEqual([]));
  });

  it('ends with those that are woken, and with this one', async () => {
    const [one, other] = [await joinWoken(), await joinWoken()];
    await other.claims.close();

    one.cluster.wakeOthers();
    await one.claims.close();
    one.cluster.wakeOthers();

    expect(one.processes.others).toEqual([]);
  });
});
