import {
  Injectable,
  type ArgumentMetadata,
  type ExecutionContext,
  type PipeTransform,
  type Type,
} from '@nestjs/common';
import {
  PARAMTYPES_METADATA,
  PIPES_METADATA,
  ROUTE_ARGS_METADATA,
} from '@nestjs/common/constants.js';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { PlatformRequest } from '../request/http-types.js';
import { TusException } from '../response/tus.exception.js';

/** Most bytes of a query that are kept with an upload. */
const MAX_QUERY = 2048;

type Pipe = PipeTransform | Type<PipeTransform>;

type Values = Readonly<Record<string, unknown>>;

/** A parameter of a method, as Nest describes it. */
interface Described {
  readonly index: number;
  readonly data?: string;
  readonly pipes: readonly Pipe[];
  readonly schema?: unknown;
}

/** A parameter whose value is there already when an upload is created. */
interface Parameter {
  readonly from: 'params' | 'query';
  /** One of those values; absent: all of them. */
  readonly name?: string;
  readonly metadata: ArgumentMetadata;
  readonly pipes: readonly PipeTransform[];
}

/** Where values are, by the number that Nest has for the kind of a parameter. */
const SOURCES: Readonly<Record<string, Parameter['from']>> = { 4: 'query', 5: 'params' };

/** What the methods of endpoints take from the path and the query of a request. */
@Injectable()
export class EndpointParameters {
  private readonly known = new WeakMap<object, Map<string, readonly Parameter[]>>();

  constructor(
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
  ) {}

  /**
   * Runs the pipes of a method on them, so that what they refuse is refused before the bytes come.
   * They run again before the method does. A pipe that is made for each request runs only then.
   *
   * @throws what a pipe throws
   */
  async check(context: ExecutionContext, key: string): Promise<void> {
    const request = context.switchToHttp().getRequest<PlatformRequest>();
    for (const { from, name, metadata, pipes } of this.of(context.getClass(), key)) {
      const values = valuesOf(request, from);
      let value: unknown = name === undefined ? values : values[name];
      for (const pipe of pipes) value = await pipe.transform(value, metadata);
    }
  }

  /**
   * What a method takes from the query, to be kept for it: JSON of the parameters it names, or of all
   * if it takes them all.
   *
   * @returns `undefined` when there is nothing to keep
   * @throws TusException 414 when it is too long to be kept
   */
  queryOf(context: ExecutionContext, key: string): string | undefined {
    const parameters = this.of(context.getClass(), key).filter(({ from }) => from === 'query');
    const takesAll = parameters.some(({ name }) => name === undefined);
    const request = context.switchToHttp().getRequest<PlatformRequest>();
    const taken = Object.entries(valuesOf(request, 'query')).filter(
      ([name]) => takesAll || parameters.some((parameter) => parameter.name === name),
    );
    if (taken.length === 0) return undefined;
    const text = JSON.stringify(Object.fromEntries(taken));
    if (Buffer.byteLength(text) <= MAX_QUERY) return text;
    throw new TusException(414, `The query has more than the ${MAX_QUERY} bytes that are kept.`);
  }

  private of(controller: Type, key: string): readonly Parameter[] {
    const methods = this.known.get(controller) ?? new Map<string, readonly Parameter[]>();
    this.known.set(controller, methods);
    const parameters = methods.get(key) ?? this.read(controller, key);
    methods.set(key, parameters);
    return parameters;
  }

  private read(controller: Type, key: string): Parameter[] {
    const prototype = controller.prototype as Record<string, object>;
    const described = metadataOf<Record<string, Described>>(ROUTE_ARGS_METADATA, controller, key);
    const types = metadataOf<Type[]>(PARAMTYPES_METADATA, prototype, key) ?? [];
    const common = [
      ...(metadataOf<Pipe[]>(PIPES_METADATA, controller) ?? []),
      ...(metadataOf<Pipe[]>(PIPES_METADATA, prototype[key] as object) ?? []),
    ];
    return Object.entries(described ?? {}).flatMap(([kind, { index, data, pipes, schema }]) => {
      const from = SOURCES[kind.split(':', 1)[0] as string];
      if (!from) return [];
      const type = from === 'query' ? 'query' : 'param';
      const metadata = { type, metatype: types[index], data, schema } as ArgumentMetadata;
      const own = this.instancesOf([...common, ...pipes], controller);
      return [{ from, name: data, metadata, pipes: [...this.config.getGlobalPipes(), ...own] }];
    });
  }

  private instancesOf(pipes: readonly Pipe[], controller: Type): PipeTransform[] {
    const module = [...this.modules.values()].find(({ controllers }) =>
      controllers.has(controller),
    );
    return pipes.flatMap((pipe) => {
      if (typeof pipe !== 'function') return [pipe];
      const wrapper = module?.injectables.get(pipe);
      const isThere = wrapper?.isDependencyTreeStatic() && !wrapper.isTransient;
      return isThere ? [wrapper?.instance as PipeTransform] : [];
    });
  }
}

function valuesOf(request: PlatformRequest, from: Parameter['from']): Values {
  return (Reflect.get(request, from) ?? {}) as Values;
}

function metadataOf<T>(name: string, target: object, key?: string): T | undefined {
  const value: unknown =
    key === undefined ? Reflect.getMetadata(name, target) : Reflect.getMetadata(name, target, key);
  return value as T | undefined;
}
