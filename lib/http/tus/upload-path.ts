import {
  Inject,
  Injectable,
  RequestMethod,
  type ControllerOptions,
  type VersioningOptions,
} from '@nestjs/common';
import { MODULE_PATH } from '@nestjs/common/constants.js';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import type { RoutePathMetadata } from '@nestjs/core/router/interfaces/route-path-metadata.interface.js';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import type { TusOptions } from '../../options/index.js';
import { TUS_MOUNT, TUS_OPTIONS } from '../../tus.constants.js';

/** Where an instance's controller was mounted, and on which module's path. */
export interface Mount {
  readonly version?: ControllerOptions['version'];
  readonly uploadPath: string;
  readonly module: object;
}

/** The path an instance serves, as clients see it when no request is at hand. */
@Injectable()
export class UploadPath {
  constructor(
    @Inject(TUS_OPTIONS) private readonly options: TusOptions,
    @Inject(TUS_MOUNT) private readonly mount: Mount,
    private readonly config: ApplicationConfig,
    private readonly modules: ModulesContainer,
  ) {}

  /**
   * `publicUrl` where it is a URL; else the path with global prefix, module path and version.
   *
   * @throws Error when the path has parameters, which only a request could fill
   */
  absolute(): string {
    const { publicUrl } = this.options;
    if (publicUrl !== undefined && publicUrl !== 'request') return publicUrl.replace(/\/+$/, '');
    const path = this.path();
    if (path.includes(':')) throw new Error(uploadPathUnknown(path));
    return path;
  }

  private path(): string {
    const { uploadPath, version, module } = this.mount;
    const key = MODULE_PATH + this.modules.applicationId;
    const modulePath = (Reflect.getMetadata(key, module) ??
      Reflect.getMetadata(MODULE_PATH, module)) as string | undefined;
    const route: RoutePathMetadata = {
      ctrlPath: withSlash(uploadPath),
      methodPath: '',
      globalPrefix: withSlash(this.config.getGlobalPrefix()),
      modulePath,
      controllerVersion: version,
      versioningOptions: this.config.getVersioning() as VersioningOptions,
    };
    // The prefix may exclude a path for some methods only.
    const [path] = new RoutePathFactory(this.config).create(route, RequestMethod.POST);
    return path as string;
  }
}

function withSlash(path: string): string {
  return path === '' || path.startsWith('/') ? path : `/${path}`;
}

/** Without a request, a path with parameters is no path. */
function uploadPathUnknown(path: string): string {
  return `The upload path "${path}" has parameters, so the URL of an upload that the server creates is unknown. Set publicUrl.`;
}
