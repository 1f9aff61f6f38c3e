import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Answer } from './answer.js';
import { rawResponse, type PlatformResponse } from './http-types.js';

/** Sends an answer through the app's HTTP platform. */
export function sendAnswer(
  adapter: AbstractHttpAdapter,
  response: PlatformResponse,
  answer: Answer,
): void {
  for (const [name, value] of Object.entries(answer.headers)) {
    adapter.setHeader(response, name, value);
  }
  // Node has no reason phrase for it (tus 1.0 §Checksum).
  if (answer.status === 460) rawResponse(response).statusMessage = 'Checksum Mismatch';
  adapter.reply(response, answer.body, answer.status);
}
