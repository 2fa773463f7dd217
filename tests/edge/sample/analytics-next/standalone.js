window.analyticsNext = "stands in for the entry of analytics-next";
