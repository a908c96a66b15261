use tcpu_compiler::*;
use tcpu_isa::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n: Vec<usize> = a[1].split(',').map(|x| x.parse().unwrap()).collect();
    let config = Config::preset("m256").unwrap();
    let options = Options { config, memory: MemoryTiming::default(), out: OutType::I8, mult: 1, shift: 8 };
    let t = std::time::Instant::now();
    let c = compile("ij,jk->ik", &[vec![n[0], n[2]], vec![n[2], n[1]]], &options).unwrap();
    println!("{:?} {:?} words {}", t.elapsed(), c.cycles, c.program.commands.len());
    if a.len() > 2 {
        let c = &c.program;
        for i in cycles::timeline(&c.config, MemoryTiming::default(), &c.commands).unwrap() {
            println!("{:5} {:5} {:4} {:9} {:3} {:?}", i.from, i.to, i.to - i.from, i.unit.name(), i.exec, i.activity);
        }
    }
    for (p, plan) in &c.parts {
        println!("{:?}", p.axes.iter().map(|a| (a.name.clone(), a.size)).collect::<Vec<_>>());
        println!("   {plan:?}");
    }
}
