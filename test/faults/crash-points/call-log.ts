import { appendFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** What the app's own methods did to each upload, in a file that outlives the process. */
export class CallLog {
  constructor(private readonly path: string) {}

  /** Adds a word; it is kept also when the process is killed right afterwards. */
  write(uploadId: string, word: string): void {
    appendFileSync(this.path, `${uploadId} ${word}\n`);
  }

  /** The uploads on which a word was written, in that order. */
  async uploadsWith(word: string): Promise<string[]> {
    return (await this.lines())
      .filter((line) => line.endsWith(` ${word}`))
      .map((line) => line.slice(0, -word.length - 1));
  }

  /** The words on one upload, oldest first; none when there is no file yet. */
  async of(uploadId: string): Promise<string[]> {
    return (await this.lines())
      .filter((line) => line.startsWith(`${uploadId} `))
      .map((line) => line.slice(uploadId.length + 1));
  }

  private async lines(): Promise<string[]> {
    const text = await readFile(this.path, 'utf8').catch(() => '');
    return text.split('\n').slice(0, -1);
  }
}
