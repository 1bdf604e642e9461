/** The names under which the edges of the trading window are listed, told and paused. */
export const windowJobs = { opens: 'trading_start', closes: 'trading_stop' } as const;

/** The module that the window is for. */
export const windowModule = 'trading';
