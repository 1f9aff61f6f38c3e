import axe from 'axe-core';
import type { Page } from 'playwright-core';

const SCHEMES = ['light', 'dark'] as const;

/** What keeps people out, as opposed to what makes it a little harder for them. */
const GRAVE: readonly (string | null | undefined)[] = ['serious', 'critical'];

/** How wide a small phone is, in CSS pixels. */
const PHONE = { width: 360, height: 740 };

/** The serious and critical faults that axe finds in a page as it stands, in light and in dark. */
export async function graveFaults(page: Page): Promise<string[]> {
  await prepare(page);
  const faults: string[] = [];
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    await nextFrames(page);
    faults.push(...(await faultsIn(page)).map((fault) => `${colorScheme}: ${fault}`));
  }
  return faults;
}

/** The same in the scheme that it has. */
export async function graveFaultsNow(page: Page): Promise<string[]> {
  await prepare(page);
  return faultsIn(page);
}

/** How many pixels a page is wider than a small phone; it is as narrow as one from then on. */
export async function overflowOnPhone(page: Page): Promise<number> {
  await page.setViewportSize(PHONE);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  return width - PHONE.width;
}

async function prepare(page: Page): Promise<void> {
  // Axe must not look at colours half-way between two.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.evaluate(axe.source);
}

/** Some pages follow the scheme by a script. */
async function nextFrames(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let count = 0; count < 2; count += 1) await new Promise(requestAnimationFrame);
  });
}

async function faultsIn(page: Page): Promise<string[]> {
  const { violations } = await page.evaluate(() => {
    const { axe: inPage } = globalThis as unknown as { axe: typeof axe };
    return inPage.run({ resultTypes: ['violations'] });
  });
  return violations
    .filter(({ impact }) => GRAVE.includes(impact))
    .flatMap(({ id, help, nodes }) =>
      nodes.map(({ target }) => `${id} (${help}) at ${target.join(' ')}`),
    );
}
