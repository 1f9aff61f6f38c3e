import type fc from 'fast-check';
import type { KnownUpload } from '../known-upload.js';
import type { World } from '../world.js';

/** What a run knows. */
export class Model {
  readonly uploads: KnownUpload[] = [];
  private made = 0;

  /** A number for a body that is to be like no other. */
  readonly nextBody = (): number => this.made++;
}

/** One step of a run. What it does follows from its plan and what is known when its turn comes. */
export abstract class Command<P> implements fc.AsyncCommand<Model, World> {
  constructor(protected readonly plan: P) {}

  check(_model: Model): boolean {
    return true;
  }

  abstract run(model: Model, world: World): Promise<void>;

  toString(): string {
    return `${this.constructor.name} ${JSON.stringify(this.plan)}`;
  }
}

/** A step that is about one upload. */
export abstract class UploadCommand<P extends { readonly which: number }> extends Command<P> {
  override check(model: Model): boolean {
    return this.candidates(model).length > 0;
  }

  run(model: Model, world: World): Promise<void> {
    const candidates = this.candidates(model);
    return this.runOn(candidates[this.plan.which % candidates.length]!, model, world);
  }

  protected abstract runOn(upload: KnownUpload, model: Model, world: World): Promise<void>;

  /** Whether the step can be about an upload: any unless told. */
  protected fits(_upload: KnownUpload): boolean {
    return true;
  }

  private candidates(model: Model): KnownUpload[] {
    return model.uploads.filter((upload) => this.fits(upload));
  }
}
