import type { AbstractHttpAdapter } from '@nestjs/core';
import type { Answer } from './answer.js';

/** Sends an answer through the app's HTTP platform. */
export function sendAnswer(adapter: AbstractHttpAdapter, response: unknown, answer: Answer): void {
  for (const [name, value] of Object.entries(answer.headers)) {
    adapter.setHeader(response, name, value);
  }
  adapter.reply(response, answer.body, answer.status);
}
