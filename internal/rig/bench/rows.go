package main

// rows are all measurements, in the order of the table.
func rows() []row {
	return []row{
		{"fold", "all views from an empty file", measureFold},
		{"intake", "intake by bus until the views show it", measureIntake},
		{"visible", "one event in flight, published → visible", measureVisible},
		{"sealing", "new matters, sealed and seen by the views", measureSealing},
		{"sync", "MatterCreated → SyncSucceeded, less Smokeball's own time", measureSync},
		{"told", "a matter closed in Smokeball → CaseHug is told", measureTold},
		{"webhooks", "webhooks over 64 connections, durable and deduplicated", measureWebhooks},
		{"document", "a document of 100 MB", measureLargeDocument},
		{"calls", "calls of Smokeball's API", measureCalls},
		{"documents", "300 documents of one matter", measureManyDocuments},
		{"waiting", "many waiting syncs of other firms", measureWaiting},
		{"past", "a long past of one firm", measurePast},
		{"pages", "the console’s pages over a long history", measurePages},
		{"firms", "many connected firms", measureFirms},
		{"idle", "idle", measureIdle},
		{"day", "a day of many firms", measureDay},
		{"growth", "how costs grow", measureGrowth},
	}
}
