import type { HttpResponse, HttpTarget } from '../../support/http-client.js';
import type { SeededRandom } from '../../support/seeded.js';

/** Something that clients come for again and again; fails unless all goes as it is to go. */
export interface Errand {
  readonly name: string;
  run(server: HttpTarget, random: SeededRandom): Promise<void>;
}

/** @throws Error when an answer has none of these statuses */
export function expectStatus(response: Pick<HttpResponse, 'status'>, ...statuses: number[]): void {
  if (statuses.includes(response.status)) return;
  throw new Error(`was answered ${response.status}, and not ${statuses.join(' or ')}`);
}
