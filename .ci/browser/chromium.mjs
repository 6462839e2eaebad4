// Starts Debian's Chromium without its own network and without a GPU.
import { chromium } from 'playwright-core';

export const launch = (also = []) => chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', ...also],
});
