import type { Type } from '@nestjs/common';

/** The name of an instance's controller class: such as `AvatarsTusController`, which can stand in generated code. */
export function controllerName(base: Type, instance = ''): string {
  const words = instance.split(/[-_]+/).map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const name = words.join('') + (base.name || 'TusController');
  return /^\d/.test(name) ? `_${name}` : name;
}
