/* All of the ABI but the drafts, for those who like one line. */
#ifndef CADRE_CADRE_H
#define CADRE_CADRE_H

#include "cadre/abi.h"
#include "cadre/agent.h"
#include "cadre/event.h"
#include "cadre/ext/config_reader.h"
#include "cadre/ext/hot_config.h"
#include "cadre/ext/log.h"
#include "cadre/ext/random.h"
#include "cadre/ext/reason.h"
#include "cadre/ext/state.h"
#include "cadre/ext/timer.h"
#include "cadre/host.h"
#include "cadre/market.h"
#include "cadre/order.h"
#include "cadre/plugin.h"
#include "cadre/proposal.h"
#include "cadre/role/correlation_adjuster.h"
#include "cadre/role/execution_environment.h"
#include "cadre/role/execution_rules.h"
#include "cadre/role/portfolio_optimizer.h"
#include "cadre/role/position_sizer.h"
#include "cadre/role/risk_manager.h"
#include "cadre/role/service_provider.h"
#include "cadre/role/signal_aggregator.h"
#include "cadre/role/signal_source.h"
#include "cadre/role/trade_adjuster.h"
#include "cadre/state.h"

#endif
