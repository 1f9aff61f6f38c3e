// pm2 start ecosystem.config.cjs; then `pm2 reload app` replaces one worker after the other.
module.exports = {
  apps: [
    {
      name: 'app',
      script: 'dist/main.js',
      exec_mode: 'cluster',
      instances: 2,
      kill_timeout: 10_000,
      env: { NODE_ENV: 'production', UPLOADS: '/srv/uploads' },
    },
  ],
};
