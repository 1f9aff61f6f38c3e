import { eventually, makeTempFolder, removeTempFolder } from '../../../support/index.js';
import { Member } from './member.js';
import { openMember } from './open-member.js';

type Opened = Awaited<ReturnType<typeof openMember>>;

const ID = 'a'.repeat(32);
const RULES = { look: 100, silentAfter: 2, suspectAfter: 8, heartbeat: 200 };

describe('News between processes', () => {
  let folder: string;
  const members: Opened[] = [];
  beforeEach(async () => {
    folder = await makeTempFolder();
  });
  afterEach(async () => {
    for (const { cluster } of members.splice(0)) await cluster.close();
    await removeTempFolder(folder);
  });

  async function join(): Promise<Opened> {
    const member = await openMember(folder, 10_000, RULES);
    members.push(member);
    return member;
  }

  /** What a process asks others from now on: the topics. */
  function topicsOf({ processes }: Opened): string[] {
    const topics: string[] = [];
    const ask = processes.ask.bind(processes);
    processes.ask = (identity, topic, body) => {
      topics.push(topic);
      return ask(identity, topic, body);
    };
    return topics;
  }

  it('are not sent where nobody watches', async () => {
    const [one, other] = [await join(), await join()];
    const topics = topicsOf(one);

    one.cluster.tell({ uploadId: ID, text: 'unheard', isPassing: false });
    one.cluster.wakeOthers();
    await eventually(() => expect(topics).toContain('deliveries-due'));

    expect(topics).not.toContain('news');
    expect(other.cluster.isWatched(ID)).toBe(false);
  });

  it('are watched anew where it is not known whether the other process has heard that', async () => {
    const [one, other] = [await join(), await join()];
    const ends = [other.cluster.watch('kept'), other.cluster.watch(ID)];
    await eventually(() => expect(one.cluster.isWatched(ID)).toBe(true));
    const ask = other.processes.ask.bind(other.processes);
    let failures = 0;
    other.processes.ask = async (...question) => {
      const answer = await ask(...question);
      if (question[1] === 'watch' && failures++ === 0) throw new Error('The answer is lost.');
      return answer;
    };

    ends[1]!();
    await eventually(() => expect(failures).toBe(1));
    const end = other.cluster.watch(ID);
    await eventually(() => expect(failures).toBe(2));

    await eventually(() => expect(one.cluster.isWatched(ID)).toBe(true));
    expect(one.cluster.isWatched('kept')).toBe(true);
    end();
    await eventually(() => expect(one.cluster.isWatched(ID)).toBe(false));
  });

  it('are not heaped up for a process that hangs', async () => {
    const frozen = await Member.start(folder);
    await frozen.tell('watch', ID);
    const here = await join();
    await eventually(() => expect(here.cluster.isWatched(ID)).toBe(true));
    process.kill(frozen.pid, 'SIGSTOP');
    await eventually(() => expect(here.processes.isSilent(frozen.identity)).toBe(true));
    const topics = topicsOf(here);

    for (let step = 0; step < 100; step++) {
      here.cluster.tell({ uploadId: ID, text: `lost ${step}`, isPassing: false });
    }
    process.kill(frozen.pid, 'SIGCONT');
    await eventually(() => expect(here.processes.isSilent(frozen.identity)).toBe(false));
    here.cluster.tell({ uploadId: ID, text: 'heard', isPassing: false });

    await frozen.report('heard', 'heard');
    expect(frozen.reports.filter(({ event }) => event === 'heard')).toHaveLength(1);
    expect(topics.filter((topic) => topic === 'news')).toHaveLength(1);
  });

  it('are looked after by a process that has hung while it watched, and may have missed some', async () => {
    const frozen = await Member.start(folder);
    const here = await join();
    await frozen.tell('watch', ID);
    const reached = () => frozen.reports.filter(({ event }) => event === 'reached').length;
    await eventually(() => expect(reached()).toBe(1));
    process.kill(frozen.pid, 'SIGSTOP');
    const asked = here.processes.ask(frozen.identity, 'ping').catch(() => undefined);
    await eventually(() => expect(here.processes.isSilent(frozen.identity)).toBe(true));

    here.cluster.tell({ uploadId: ID, text: 'missed', isPassing: false });
    process.kill(frozen.pid, 'SIGCONT');

    await eventually(() => expect(reached()).toBeGreaterThan(1));
    await asked;
    expect(frozen.reports.filter(({ event }) => event === 'heard')).toEqual([]);
  });
});
