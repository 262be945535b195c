package bus

import "sync"

// chunkOwners records which tenant is writing the chunks of which object, and which chunks a
// tenant's newer object has replaced. Chunks that it does not know belong to nobody: no tenant
// may add to them or remove them.
type chunkOwners struct {
	mu    sync.Mutex
	known map[string]paper
	order []string // the oldest first
}

type paper struct {
	by   tenant
	done bool // an entry named these chunks and now names others
}

// mostChunkOwners bounds the objects that are remembered, and so the documents that can be put
// at the same time.
const mostChunkOwners = 10_000

// writes reports whether the writer of the chunks is known, and whether it is the tenant.
func (p *chunkOwners) writes(who tenant, id string) (known, mine bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	paper, known := p.known[id]
	return known, known && paper.by == who && !paper.done
}

func (p *chunkOwners) begin(who tenant, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(id, paper{by: who})
}

// complete records that an entry now names these chunks instead of the earlier ones.
func (p *chunkOwners) complete(who tenant, id, was string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, id)
	if was != "" && was != id {
		p.note(was, paper{by: who, done: true})
	}
}

// mayPurge reports whether the chunks are the tenant's and belong to no object.
func (p *chunkOwners) mayPurge(who tenant, id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	paper, ok := p.known[id]
	return ok && paper.by == who
}

func (p *chunkOwners) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, id)
}

// note records the writer of chunks; the caller holds the mutex.
func (p *chunkOwners) note(id string, is paper) {
	if p.known == nil {
		p.known = map[string]paper{}
	}
	if _, ok := p.known[id]; !ok {
		p.order = append(p.order, id)
	}
	p.known[id] = is
	for len(p.order) > mostChunkOwners {
		delete(p.known, p.order[0])
		p.order = p.order[1:]
	}
}
