import { BadRequestException } from '@nestjs/common';

/** A query as Express and Fastify have it. */
export type Query = Readonly<Record<string, unknown>>;

/** Most characters of what is searched for, and of a cursor. */
const LONGEST = 1000;

/**
 * A parameter of a query; one that is empty is absent.
 *
 * @throws BadRequestException when it is there twice, or too long
 */
export function textIn(query: Query, name: string): string | undefined {
  const { [name]: value } = query;
  if (value === undefined || value === '') return undefined;
  if (typeof value === 'string' && value.length <= LONGEST) return value;
  throw new BadRequestException(
    `"${name}" must be there once, with ${LONGEST} characters at most.`,
  );
}

/** @throws BadRequestException when it is absent */
export function neededTextIn(query: Query, name: string): string {
  const text = textIn(query, name);
  if (text !== undefined) return text;
  throw new BadRequestException(`"${name}" is missing.`);
}

/** @throws BadRequestException when it is none of the choices */
export function choiceIn<T extends string>(
  query: Query,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = textIn(query, name);
  const choice = choices.find((each) => each === text);
  if (text === undefined || choice !== undefined) return choice;
  throw new BadRequestException(`"${name}" must be one of: ${choices.join(', ')}.`);
}

/** @throws BadRequestException unless it is a whole number from 1 to the most */
export function countIn(query: Query, name: string, usual: number, most: number): number {
  const text = textIn(query, name);
  const count = Number(text ?? usual);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw new BadRequestException(`"${name}" must be a whole number from 1 to ${most}.`);
}

/** Turns what listings say of a cursor that is not theirs into an answer. */
export async function refusingCursors<T>(listing: Promise<T>): Promise<T> {
  try {
    return await listing;
  } catch (error) {
    if (error instanceof RangeError) throw new BadRequestException(error.message);
    throw error;
  }
}
