window.analyticsPart = "stands in for a part of it";
