import { arch, cpus, release, totalmem, type } from 'node:os';

/** The machine this runs on, in a few words. */
export function describeMachine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? arch();
  const memory = Math.round(totalmem() / 1024 ** 3);
  return `${processors.length} × ${model}, ${memory} GiB, ${type()} ${release()}`;
}
