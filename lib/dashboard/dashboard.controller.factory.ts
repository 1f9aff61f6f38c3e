import { Controller, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { GUARDS_METADATA } from '@nestjs/common/constants.js';
import { controllerName } from '../http/index.js';
import { wrongOption, type CheckedOptions } from './check-options.js';
import { TusDashboardController } from './dashboard.controller.js';

/**
 * Makes the controller class of one page, whose path and decorators are those of no other page.
 *
 * @throws TusOptionError when it has no guard, and is not to be public
 */
export function createDashboardController(options: CheckedOptions): Type<TusDashboardController> {
  const { path, instance, decorators = [], version = VERSION_NEUTRAL } = options;
  const controller = class extends TusDashboardController {};
  Object.defineProperty(controller, 'name', {
    value: controllerName(TusDashboardController, instance),
  });
  for (const decorate of decorators) decorate(controller);
  if (!options.public && !isGuarded(controller)) {
    throw wrongOption('decorators', options.decorators, noGuard());
  }
  Controller({ path, version })(controller);
  return controller;
}

function isGuarded(controller: Type): boolean {
  const guards = Reflect.getMetadata(GUARDS_METADATA, controller) as unknown[] | undefined;
  return guards !== undefined && guards.length > 0;
}

function noGuard(): string {
  return (
    'The page shows all uploads, and can remove some: give a guard, as in ' +
    'decorators: [UseGuards(AdminGuard)]; or public: true, where a global guard or a proxy keeps ' +
    'strangers out.'
  );
}
