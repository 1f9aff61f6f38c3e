import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, constants, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { StoreAccess } from '../../support/s3/ceph-gateway.js';
import type { BenchServer, Place } from './bench-server.js';
import { usageOf, type Usage } from './usage.js';

/** Path of the `tusd` on the PATH; `undefined` where there is none. */
export async function findTusd(): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'tusd');
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

/** A bucket, and how it is reached. */
export interface TusdBucket {
  readonly bucket: string;
  readonly access: StoreAccess;
}

/** The reference server of tus, which is written in Go. Linux only. */
export class TusdServer implements BenchServer {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** Starts it; resolves once it listens. */
  static start(binary: string, { folder }: Place): Promise<TusdServer> {
    return TusdServer.run(binary, [`-upload-dir=${folder}`, '-expose-metrics=false']);
  }

  /** Starts it on a bucket. */
  static startOnS3(binary: string, { bucket, access }: TusdBucket): Promise<TusdServer> {
    const parts = ['-s3-part-size=8388608', '-s3-min-part-size=5242880'];
    return TusdServer.run(
      binary,
      [`-s3-bucket=${bucket}`, `-s3-endpoint=${access.endpoint}`, ...parts],
      {
        AWS_ACCESS_KEY_ID: access.accessKeyId,
        AWS_SECRET_ACCESS_KEY: access.secretAccessKey,
        AWS_REGION: access.region,
        // As for the others: Ceph 16 knows no checksums after the bytes.
        AWS_REQUEST_CHECKSUM_CALCULATION: 'when_required',
        AWS_RESPONSE_CHECKSUM_VALIDATION: 'when_required',
      },
    );
  }

  private static async run(
    binary: string,
    further: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<TusdServer> {
    const port = await freePort();
    const args = ['-host=127.0.0.1', `-port=${port}`, '-base-path=/files/', '-verbose=false'];
    const child = spawn(binary, [...args, ...further], {
      stdio: 'ignore',
      env: { ...process.env, ...env },
    });
    while (!(await listens(port))) {
      if (child.exitCode !== null) throw new Error('tusd ended before it listened.');
      await pause(10);
    }
    return new TusdServer(child, port);
  }

  async observe(): Promise<Usage> {
    await writeFile(`/proc/${this.child.pid}/clear_refs`, '5');
    return this.usage();
  }

  usage(): Promise<Usage> {
    return usageOf(this.child.pid ?? 0);
  }

  /** @param command `requests`: how many it has sent to S3, the only one that it knows */
  async ask<T>(command: string): Promise<T> {
    if (command !== 'requests') throw new Error(`tusd cannot be asked to ${command}.`);
    const answer = await fetch(`http://127.0.0.1:${this.port}/metrics`);
    const counts = (await answer.text()).matchAll(/^tusd_s3_request_duration_ms_count.* (\d+)$/gm);
    return [...counts].reduce((total, [, count]) => total + Number(count), 0) as T;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exit = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await exit;
  }
}

/** A port nobody listens on: tusd does not tell which one the system gave it. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
  }).then((answer) => {
    socket.destroy();
    return answer as boolean;
  });
}
