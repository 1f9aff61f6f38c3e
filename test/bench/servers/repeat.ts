/** How many pieces of work are under way at a time. */
const AT_A_TIME = 256;

/** Does some work so often, many times at once. */
export async function repeat(times: number, work: () => Promise<void>): Promise<void> {
  let left = times;
  const one = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, one));
}
