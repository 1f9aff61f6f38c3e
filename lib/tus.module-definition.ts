import { ConfigurableModuleBuilder, type DynamicModule } from '@nestjs/common';
import { getTusToken } from './decorators/index.js';
import {
  createTusController,
  getEndpointsToken,
  replaceDependency,
  TusEndpoints,
  TusRoute,
  type Mount,
} from './http/index.js';
import type { TusModuleOptions } from './interfaces/index.js';
import { parseInstanceName, parseUploadPath } from './options/index.js';
import { TUS_MOUNT, TUS_NAME, TUS_ROUTE } from './tus.constants.js';
import type { TusModuleExtras } from './tus.module-extras.interface.js';
import { TusService } from './tus.service.js';

/** Every key stands here, so that the builder takes it out of the options. */
const EXTRAS: TusModuleExtras = {
  uploadPath: '/files',
  name: undefined,
  decorators: undefined,
  controller: undefined,
  imports: undefined,
  version: undefined,
  isGlobal: false,
};

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<TusModuleOptions>({ moduleName: 'Tus' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createTusOptions')
    .setExtras(EXTRAS, withExtras)
    .build();

/** Everything that must be there before the module scan, whether the options are or not. */
function withExtras(definition: DynamicModule, extras: TusModuleExtras): DynamicModule {
  const name = parseInstanceName(extras.name);
  const uploadPath = parseUploadPath(extras.uploadPath);
  const route = new TusRoute();
  const mount: Mount = { uploadPath, version: extras.version, module: definition.module };
  const token = getTusToken(name);
  const controller = createTusController({ ...extras, uploadPath }, route);
  // Everywhere else the class stands for the instance without a name.
  replaceDependency(controller, TusService, token);

  return {
    ...definition,
    global: extras.isGlobal ?? false,
    imports: [...(definition.imports ?? []), ...(extras.imports ?? [])],
    controllers: [controller],
    providers: [
      ...(definition.providers ?? []),
      { provide: TUS_NAME, useValue: name },
      { provide: TUS_ROUTE, useValue: route },
      { provide: TUS_MOUNT, useValue: mount },
      // Under no other token: of several providers of one, `app.get()` takes any.
      { provide: token, useClass: TusService },
      { provide: getEndpointsToken(name), useExisting: TusEndpoints },
    ],
    exports: [...(definition.exports ?? []), token],
  };
}
