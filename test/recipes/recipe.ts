import { join } from 'node:path';
import type { INestApplication, Type } from '@nestjs/common';
import { makeTempFolder, removeTempFolder, startApp } from '../support/index.js';
import type { PlatformName, TestApp } from '../support/index.js';

/** What a recipe of `sample/13-recipes` exports. */
export interface Recipe {
  readonly AppModule: Type;
  configure?(this: void, app: INestApplication): void | Promise<void>;
}

/** The app of a recipe, and what belongs to it. */
export interface RecipeApp extends TestApp {
  /** The working directory that it was started in, absolute. */
  readonly home: string;
}

/**
 * Starts the app of a recipe as its `main.ts` would, in a folder of its own: what it names as `./uploads`
 * is there.
 */
export async function startRecipe(recipe: Recipe, platform: PlatformName): Promise<RecipeApp> {
  const home = await makeTempFolder();
  const before = process.cwd();
  process.chdir(home);
  try {
    const app = await startApp({
      platform,
      tus: false,
      imports: [recipe.AppModule],
      configure: (nest) => recipe.configure?.(nest),
      tmpFileDir: join(home, 'uploads'),
    });
    return Object.assign(app, { home });
  } catch (error) {
    await removeTempFolder(home);
    throw error;
  } finally {
    process.chdir(before);
  }
}

/** One app for all tests of a `describe`. */
export function useRecipe(recipe: Recipe, platform: PlatformName): () => RecipeApp {
  let app: RecipeApp | undefined;
  beforeAll(async () => {
    app = await startRecipe(recipe, platform);
  });
  afterAll(async () => {
    if (!app) return;
    await app.close();
    await removeTempFolder(app.home);
  });
  return () => {
    if (!app) throw new Error('The app runs only inside tests.');
    return app;
  };
}
