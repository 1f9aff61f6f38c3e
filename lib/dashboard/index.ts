export type { TusDashboardOptions } from './dashboard-options.interface.js';
export { TusDashboardModule } from './tus-dashboard.module.js';
