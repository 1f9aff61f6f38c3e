/**
 * Numbers of parts in rising order, as runs: first, last, first, last. They say how many there are, and
 * which, in the same room for two parts and for thousands.
 */
export type PartNumbers = readonly number[];

/** Adds a number that is higher than all that are there. */
export function withPart(numbers: PartNumbers, number: number): PartNumbers {
  const last = numbers.at(-1);
  if (last !== undefined && number <= last) throw new RangeError(`Part ${number} is no new one.`);
  return last === number - 1 ? [...numbers.slice(0, -1), number] : [...numbers, number, number];
}

export function countOf(numbers: PartNumbers): number {
  return runsOf(numbers).reduce((count, [first, last]) => count + last - first + 1, 0);
}

export function includesPart(numbers: PartNumbers, number: number): boolean {
  return runsOf(numbers).some(([first, last]) => number >= first && number <= last);
}

function runsOf(numbers: PartNumbers): readonly (readonly [first: number, last: number])[] {
  const runs: [number, number][] = [];
  numbers.forEach((number, index) => {
    if (index % 2 === 0) runs.push([number, number]);
    else runs.at(-1)?.splice(1, 1, number);
  });
  return runs;
}
