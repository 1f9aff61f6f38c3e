import type { HandlerOptions } from '../interfaces/index.js';
import { HANDLER_METADATA } from '../tus.constants.js';

/** What a decorated method is called for. */
export type HandlerKind =
  | 'created'
  | 'progress'
  | 'finished'
  | 'terminated'
  | 'expired'
  | 'failed'
  | 'before-create'
  | 'before-finish';

/** What a decorator left on a method. */
export interface HandlerMark {
  readonly kind: HandlerKind;
  readonly options: HandlerOptions<never>;
}

/** Leaves a mark on a method, beside those it has. */
export function markHandler(kind: HandlerKind, options: HandlerOptions<never>): MethodDecorator {
  return (target, key, descriptor: PropertyDescriptor) => {
    const method = descriptor.value as object;
    const marks = [...handlerMarksOf(method), { kind, options }];
    Reflect.defineMetadata(HANDLER_METADATA, marks, method);
  };
}

/** The marks on a method, in the order they were left. */
export function handlerMarksOf(method: object): readonly HandlerMark[] {
  return (Reflect.getMetadata(HANDLER_METADATA, method) as HandlerMark[] | undefined) ?? [];
}
