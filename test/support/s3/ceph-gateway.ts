import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { eventually } from '../eventually.js';
import { makeTempFolder, removeTempFolder } from '../temp-folder.js';
import { freePort } from './free-port.js';

const run = promisify(execFile);

/** What the gateway is made of; Debian has each in a package of its own, but for the last three. */
const PROGRAMS = ['ceph-mon', 'ceph-osd', 'radosgw', 'monmaptool', 'ceph', 'radosgw-admin'];

const ATTEMPTS = 3;

/** Milliseconds in which a start that succeeds is through. */
const START_TIME = 40_000;

/** How to reach a store. */
export interface StoreAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What a command is run with. */
type Command = readonly [program: string, ...args: string[]];

/** Programs that are not installed; none when a gateway can be started. */
export async function missingPrograms(): Promise<readonly string[]> {
  const isThere = (name: string) =>
    run('sh', ['-c', `command -v ${name}`]).then(
      () => true,
      () => false,
    );
  const there = await Promise.all(PROGRAMS.map(isThere));
  return PROGRAMS.filter((_, index) => !there[index]);
}

/** Ceph with its S3 gateway: one of each, in memory, for one test run. */
export class CephGateway {
  private readonly processes: ChildProcess[] = [];

  private constructor(
    private readonly folder: string,
    private readonly ports: { readonly monitor: number; readonly gateway: number },
  ) {}

  /** Starts one; its object daemon does not come up each time, so another attempt may be needed. */
  static async start(): Promise<CephGateway> {
    for (let attempt = 1; ; attempt += 1) {
      const ports = { monitor: await freePort(), gateway: await freePort() };
      const gateway = new CephGateway(await makeTempFolder(), ports);
      try {
        await gateway.bringUp();
        return gateway;
      } catch (error) {
        await gateway.stop();
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  get access(): StoreAccess {
    return {
      endpoint: `http://127.0.0.1:${this.ports.gateway}`,
      region: 'us-east-1',
      accessKeyId: 'test',
      secretAccessKey: 'testtest',
    };
  }

  /** Runs a command of the gateway's administration. */
  async administer(...args: readonly string[]): Promise<void> {
    await this.run('radosgw-admin', ...args);
  }

  /** Stops answering, or goes on. */
  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    this.processes.at(-1)?.kill(name);
  }

  async stop(): Promise<void> {
    const ending = this.processes.map((child) => ended(child));
    for (const child of this.processes) child.kill('SIGKILL');
    await Promise.all(ending);
    await removeTempFolder(this.folder);
  }

  private async bringUp(): Promise<void> {
    const { folder, config } = this;
    const fsid = randomUUID();
    for (const name of ['mon', 'osd']) await mkdir(join(folder, name));
    await writeFile(config, configOf(folder, fsid, this.ports));
    const map = join(folder, 'monmap');
    const address = `[v1:127.0.0.1:${this.ports.monitor}]`;
    await run('monmaptool', ['--create', '--addv', 'a', address, '--fsid', fsid, map]);
    await this.run('ceph-mon', '--mkfs', '-i', 'a', '--monmap', map);
    this.spawn('ceph-mon', '-f', '-i', 'a');
    const osd = randomUUID();
    await this.run('ceph', 'osd', 'create', osd);
    await this.run('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osd, '--no-mon-config');
    this.spawn('ceph-osd', '-f', '-i', '0');
    await this.run('ceph', 'osd', 'crush', 'add', 'osd.0', '1.0', 'host=h', 'root=default');
    await eventually(() => this.assertOsdUp(), START_TIME);
    this.spawn('radosgw', '-f', '-n', 'client.rgw.a');
    await eventually(() => this.assertAnswers(), START_TIME);
    const { accessKeyId, secretAccessKey } = this.access;
    const keys = [`--access-key=${accessKeyId}`, `--secret=${secretAccessKey}`];
    await this.administer('user', 'create', '--uid=test', '--display-name=test', ...keys);
  }

  private get config(): string {
    return join(this.folder, 'ceph.conf');
  }

  private async run(...[program, ...args]: Command): Promise<string> {
    const { stdout } = await run(program, ['-c', this.config, ...args], { timeout: START_TIME });
    return stdout;
  }

  private spawn(...[program, ...args]: Command): void {
    const child = spawn(program, ['-c', this.config, ...args], { stdio: 'ignore' });
    this.processes.push(child);
  }

  private async assertOsdUp(): Promise<void> {
    const status = await this.run('ceph', 'osd', 'stat');
    if (!status.includes('1 up')) throw new Error(`The object daemon is not up: ${status}`);
    await delay(100);
  }

  private async assertAnswers(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const socket = connect(this.ports.gateway, '127.0.0.1', () => {
        socket.destroy();
        resolve();
      });
      socket.once('error', reject);
    }).catch(async (error: unknown) => {
      await delay(100);
      throw error;
    });
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  await new Promise((resolve) => child.once('exit', resolve));
}

function configOf(
  folder: string,
  fsid: string,
  { monitor, gateway }: { readonly monitor: number; readonly gateway: number },
): string {
  return `
[global]
fsid = ${fsid}
mon initial members = a
mon host = v1:127.0.0.1:${monitor}
ms bind msgr2 = false
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
mon warn on pool no redundancy = false
osd objectstore = memstore
memstore device bytes = 8589934592
run dir = ${folder}
log file = ${folder}/$name.log
pid file = ${folder}/$name.pid
admin socket = ${folder}/$name.asok
rgw frontends = beast endpoint=127.0.0.1:${gateway}
rgw thread pool size = 64
rgw gc obj min wait = 5
rgw gc processor period = 5
rgw gc processor max time = 5
mon data avail crit = 1
mon data avail warn = 2
osd max object name len = 256
osd max object namespace len = 64
[mon.a]
mon data = ${folder}/mon
public addr = 127.0.0.1
[osd.0]
osd data = ${folder}/osd
`;
}
