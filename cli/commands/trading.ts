import type { Command } from 'commander';
import type { Balance, Order, Position } from '../../rpc/shapes-trading.ts';
import { withDaemon } from '../connect.ts';
import { showFacts } from '../module-view.ts';
import type { RunCommand, Session } from '../session.ts';
import type { Column } from '../table.ts';

/** `trading positions|orders|balance`, and the same three words without `trading`. */
export function addTradingCommands(program: Command, run: RunCommand): void {
  const group = program.command('trading').description('what the running trading module holds');
  for (const parent of [group, program]) {
    parent
      .command('positions')
      .description('open positions of the running trading module')
      .action((_options, command: Command) => run(command, positions));
    parent
      .command('orders')
      .description('recent orders of the running trading module, newest first')
      .action((_options, command: Command) => run(command, orders));
    parent
      .command('balance')
      .description('cash and equity of the running trading module')
      .action((_options, command: Command) => run(command, balance));
  }
}

const positionColumns: readonly Column<Position>[] = [
  { title: 'SYMBOL', value: ({ symbol }) => symbol, priority: 0 },
  { title: 'SIDE', value: ({ side }) => side, priority: 1 },
  { title: 'QUANTITY', value: ({ quantity }) => quantity, priority: 0, align: 'right' },
  { title: 'AVG PRICE', value: (row) => row.average_price, priority: 3, align: 'right' },
  { title: 'PRICE', value: (row) => row.market_price, priority: 4, align: 'right' },
  { title: 'VALUE', value: (row) => row.market_value, priority: 2, align: 'right' },
  { title: 'UNREALIZED', value: (row) => row.unrealized_pnl, priority: 1, align: 'right' },
  { title: 'OPENED', value: (row) => row.opened_at, priority: 5 },
];

const orderColumns: readonly Column<Order>[] = [
  { title: 'CREATED', value: (row) => row.created_at, priority: 2 },
  { title: 'ORDER', value: (row) => row.order_id, priority: 5 },
  { title: 'SYMBOL', value: ({ symbol }) => symbol, priority: 0 },
  { title: 'SIDE', value: ({ side }) => side, priority: 0 },
  { title: 'QUANTITY', value: ({ quantity }) => quantity, priority: 0, align: 'right' },
  { title: 'PRICE', value: ({ price }) => price ?? '-', priority: 1, align: 'right' },
  { title: 'FEE', value: ({ fee }) => fee ?? '-', priority: 4, align: 'right' },
  { title: 'STATUS', value: ({ status }) => status, priority: 1 },
  { title: 'REASON', value: ({ reason }) => reason ?? '', priority: 6 },
];

async function positions(session: Session): Promise<void> {
  const { output } = session;
  const result = await withDaemon(session, (daemon) => daemon.call('trading.positions', {}));
  output.answer(result, () => {
    if (result.positions.length === 0) output.note('no open positions');
    else output.table(positionColumns, result.positions);
  });
}

async function orders(session: Session): Promise<void> {
  const { output } = session;
  const result = await withDaemon(session, (daemon) => daemon.call('trading.orders', {}));
  output.answer(result, () => {
    if (result.orders.length === 0) output.note('no orders yet');
    else output.table(orderColumns, result.orders);
  });
}

async function balance(session: Session): Promise<void> {
  const { output } = session;
  const result = await withDaemon(session, (daemon) => daemon.call('trading.balance', {}));
  output.answer(result, () => showFacts(output, balanceFacts(result)));
}

function balanceFacts(result: Balance): (readonly [string, string])[] {
  const money = (amount: string) => `${amount} ${result.currency}`;
  return [
    ['mode', result.replay_finished ? `${result.mode} (finished)` : result.mode],
    ['equity', money(result.equity)],
    ['cash', money(result.cash)],
    ['started with', money(result.starting_cash)],
    ['realized', money(result.realized_pnl)],
    ['unrealized', money(result.unrealized_pnl)],
    ['fees paid', money(result.fees_paid)],
    ['as of', result.as_of ?? 'no bar seen yet'],
  ];
}
