import { execFile } from 'node:child_process';
import { Injectable } from '@nestjs/common';

/** Asks ClamAV's daemon. */
@Injectable()
export class VirusScanner {
  /**
   * What a file is infected with; `undefined` for a clean one.
   *
   * @throws Error when it could not be scanned
   */
  scan(path: string): Promise<string | undefined> {
    const { CLAMD_CONFIG: config } = process.env;
    const options = config === undefined ? [] : [`--config-file=${config}`];
    return new Promise((resolve, reject) => {
      const given = ['--fdpass', '--no-summary', ...options, path];
      execFile('clamdscan', given, (error, output) => {
        // 0: clean, 1: infected, 2: a fault.
        if (!error) resolve(undefined);
        else if (error.code === 1) resolve(/: (.+) FOUND/.exec(output)?.[1] ?? 'something');
        else reject(new Error(`ClamAV did not scan ${path}: ${output.trim()}`, { cause: error }));
      });
    });
  }
}
